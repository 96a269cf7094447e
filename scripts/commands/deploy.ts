import type { Command } from 'commander'
import type { Hex } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { addressArgument, addressesArgument, hyprArgument } from '../cli/chain-options.ts'
import { DEFAULT_HOME, integerArgument, jsonOption, rpcOption } from '../cli/options.ts'
import type { GovernanceChoice } from '../deploy/governance-terms.ts'

const HELP = `
Steps: the ERC-6551 dispatcher, account code, Hypermap, minters, HYPR and its registry, timelock, phases and Governor, then
the zones of phase 1: os, hypr, dev, eth, and gov, which the timelock owns and adopted documents become facts of; then the
Governor's roles, after which the key's account gives up its own. Each looks at the chain first and does only what is
missing, so a deployment that was interrupted goes on when the same command is run again with the same key. Addresses
follow from the code, the key's address, and what governance begins with.

In phase 1 the key's account owns the root entry, the right to upgrade, the zones, and the supply of HYPR; the steward keeps
treasury and list of proposers. Before the steward begins phase 2 (Phases.advance), the same command with --hand-over gives
root entry and right to upgrade to the timelock, for good: from then on votes decide. At the end every role is printed.

An auction is a contract of its own, which a proposer deploys and names in the proposal: hyperware auction deploy --help.

On the development chain (31337), which begins with Hypermap, HYPR and governance, the rest is added, by development
account 0 unless --key-file says otherwise.

Examples:
  npm run hyperware -- deploy --network https://rpc.example --chain-id 84532 --key-file key --dry-run
  npm run hyperware -- deploy --network https://rpc.example --chain-id 84532 --key-file key --verification explorer
  npm run hyperware -- deploy --network https://rpc.example --chain-id 84532 --key-file key --hand-over
  npm run hyperware -- deploy --yes`

export type DeployCommandOptions = {
  network: string
  rpc?: string
  chainId?: number
  keyFile?: string
  dryRun?: true
  yes?: true
  json?: true
  plan?: string
  confirmations?: number
  catalogue?: string
  overwrite?: true
  verification?: string
  ensRegistry?: Hex
  ensWrapper?: Hex
  handOver?: true
} & GovernanceChoice

export function addDeployCommand(program: Command, io: CommandIo): void {
  program
    .command('deploy')
    .description('Bring a namespace of your own onto an EVM chain, with the zones and the governance of phase 1.')
    .option('--network <home or url>', 'home of a running development network, or URL of a chain', DEFAULT_HOME)
    .addOption(rpcOption())
    .option('--chain-id <id>', 'refuse any other chain', integerArgument(1, 999_999_999))
    .option('--key-file <file>', 'file with the private key that signs and owns, 0x and 64 digits')
    .option('--dry-run', 'try the steps out, show what they cost, send nothing')
    .option('--yes', 'do not ask before sending')
    .addOption(jsonOption())
    .option('--plan <file>', 'write addresses and call data of the steps that are left, for review')
    .option('--confirmations <n>', 'blocks to wait for at the end; default: 3, on 31337: 1', integerArgument(1, 1_000))
    .option('--catalogue <file>', 'file that lists the addresses; default: deployments/<chain id>.json, if absent')
    .option('--overwrite', 'replace that file when it lists another deployment')
    .option('--verification <dir>', 'write the input that explorers verify contracts with; needs a build')
    .option('--ens-registry <address>', 'ENS registry, on chains whose ENS is not known', addressArgument)
    .option('--ens-wrapper <address>', 'ENS name wrapper, with --ens-registry', addressArgument)
    .option('--steward <address>', 'keeper of phase 1; default: the account that signs', addressArgument)
    .option('--treasury <address>', 'receives what auctions earn before phase 3; default: the steward', addressArgument)
    .option(
      '--proposers <addresses>',
      'who may propose in phase 2, comma-separated; default: the steward',
      addressesArgument,
    )
    .option(
      '--voting-delay <blocks>',
      'from a proposal to its snapshot; default: a day',
      integerArgument(0, 99_999_999),
    )
    .option('--voting-period <blocks>', 'for voting; default: two days', integerArgument(1, 99_999_999))
    .option('--proposal-threshold <hypr>', 'HYPR to propose with, locked for four weeks; default: 1000', hyprArgument)
    .option('--quorum <percent>', 'of all votes, for or abstaining; default: 4', integerArgument(0, 100))
    .option('--timelock-delay <seconds>', 'between vote and deed; default: two days', integerArgument(0, 99_999_999))
    .option('--hand-over', 'give root entry and right to upgrade to the timelock')
    .addHelpText('after', HELP)
    .action(async (options: DeployCommandOptions) => {
      const { deployNetwork } = await import('./deploy-run.ts')
      await deployNetwork(io, options)
    })
}
