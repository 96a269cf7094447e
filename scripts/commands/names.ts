import type { Command } from 'commander'
import type { Name } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { accountOption, graphqlOption, jsonOption, nameArgument, networkOption, rpcOption } from '../cli/options.ts'

const GET_HELP = `
Examples:
  npm run hyperware -- names get foo.os
  npm run hyperware -- names get alice-home.os --json`

const MINT_HELP = `
Names directly under "os" are minted by commitment: commit, wait 16 s, reveal. Labels there have nine characters or more;
the owner of a zone is not bound by its rules and mints at once with --as-owner.

Examples:
  npm run hyperware -- names mint carol-home.os
  npm run hyperware -- names mint sub.carol-home.os --as-owner
  npm run hyperware -- names mint zoe.os --as-owner --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8`

export type NamesGetOptions = { network: string; graphql?: string; json?: true }
export type NamesMintOptions = {
  network: string
  rpc?: string
  account?: number
  keyFile?: string
  to?: string
  asOwner?: true
  json?: true
}

export function addNamesCommand(program: Command, io: CommandIo): void {
  const names = program.command('names').description('Look at names, and mint them.')
  names
    .command('get')
    .description('Show an entry as the index knows it: owner, account, notes, facts, node identity.')
    .argument('<name>', 'name of the entry', nameArgument)
    .addOption(networkOption())
    .addOption(graphqlOption())
    .addOption(jsonOption())
    .addHelpText('after', GET_HELP)
    .action(async (name: Name, options: NamesGetOptions) => {
      const { showName } = await import('./names-get.ts')
      await showName(io, name, options)
    })
  names
    .command('mint')
    .description("Mint a name through its zone's public minter, or as the zone's owner.")
    .argument('<name>', 'name to mint', nameArgument)
    .addOption(networkOption())
    .addOption(rpcOption())
    .addOption(accountOption())
    .option('--key-file <file>', 'file with the private key that signs, 0x and 64 digits')
    .option('--to <address>', 'owner of the new name; default: the account that signs')
    .option('--as-owner', 'mint as owner of the parent name, past the rules of the zone')
    .addOption(jsonOption())
    .addHelpText('after', MINT_HELP)
    .action(async (name: Name, options: NamesMintOptions) => {
      const { mintName } = await import('./names-mint.ts')
      await mintName(io, name, options)
    })
}
