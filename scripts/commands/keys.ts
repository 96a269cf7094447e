import type { Command } from 'commander'
import type { Name } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { accountOption, jsonOption, nameArgument, namesArgument, networkOption, rpcOption } from '../cli/options.ts'

const CREATE_HELP = `
The key file is encrypted with the password, which is asked for unless it is in the environment variable
HYPERWARE_PASSWORD or in a file. The public key that is printed becomes the node's identity once its owner publishes it:
  npm run hyperware -- notes set carol-home.os "~net-key" 0x…

Examples:
  npm run hyperware -- keys create carol-home.os --home .hyperware/carol`

const ROTATE_HELP = `
Makes a new networking key, publishes it as ~net-key, and only then puts the new key file in place; cut off in between,
the same command goes on where it was. A node of the running network is restarted with the new key; another one has to
be restarted by whoever runs it. Its password stays the same.

Examples:
  npm run hyperware -- keys rotate alice-home.os
  npm run hyperware -- keys rotate carol-home.os --home .hyperware/carol --password-file carol.password`

export type KeysCreateOptions = { home: string; routers?: readonly Name[]; passwordFile?: string; json?: true }
export type KeysRotateOptions = {
  home?: string
  network: string
  rpc?: string
  account?: number
  keyFile?: string
  passwordFile?: string
  json?: true
}

export function addKeysCommand(program: Command, io: CommandIo): void {
  const keys = program.command('keys').description('Make and change the key files that nodes boot from.')
  keys
    .command('create')
    .description('Make the key file of a new node, and print its public key.')
    .argument('<name>', 'name of the node', nameArgument)
    .requiredOption('--home <dir>', "the node's home folder")
    .option('--routers <names>', 'routers of an indirect node, with commas between', namesArgument)
    .option('--password-file <file>', 'file whose first line is the password')
    .addOption(jsonOption())
    .addHelpText('after', CREATE_HELP)
    .action(async (name: Name, options: KeysCreateOptions) => {
      const { createKeys } = await import('./keys-create.ts')
      await createKeys(io, name, options)
    })
  keys
    .command('rotate')
    .description('Give a node a new networking key, in its home and onchain.')
    .argument('<name>', 'name of the node', nameArgument)
    .option('--home <dir>', "the node's home folder; default: that of the node in the running network")
    .addOption(networkOption())
    .addOption(rpcOption())
    .addOption(accountOption())
    .option('--key-file <file>', 'file with the private key of the owner, 0x and 64 digits')
    .option('--password-file <file>', 'file whose first line is the password')
    .addOption(jsonOption())
    .addHelpText('after', ROTATE_HELP)
    .action(async (name: Name, options: KeysRotateOptions) => {
      const { rotateKeys } = await import('./keys-rotate.ts')
      await rotateKeys(io, name, options)
    })
}
