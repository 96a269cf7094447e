import { type Command, InvalidArgumentError } from 'commander'
import { checksumAddress, type Hex } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { DEFAULT_HOME, integerArgument, jsonOption, rpcOption } from '../cli/options.ts'

const HELP = `
Steps: the ERC-6551 dispatcher, account code, Hypermap, minters, HYPR and its registry, then the zones of phase 1: os,
hypr, dev, eth. Each looks at the chain first and does only what is missing, so a deployment that was interrupted goes on
when the same command is run again with the same key. Addresses follow from the code and the key's address.

The key's account owns the root entry, the right to upgrade, the zones, and the supply of HYPR. On the development chain
(31337), which begins with Hypermap, the rest is added, by development account 0 unless --key-file says otherwise.

Examples:
  npm run hyperware -- deploy --network https://rpc.example --chain-id 84532 --key-file key --dry-run
  npm run hyperware -- deploy --network https://rpc.example --chain-id 84532 --key-file key --verification explorer
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
}

function addressArgument(text: string): Hex {
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) {
    const address = checksumAddress(text as Hex)
    if (text === address || text === text.toLowerCase()) return address
  }
  throw new InvalidArgumentError('Expected an address, 0x and 40 hexadecimal digits, capital letters as in EIP-55.')
}

export function addDeployCommand(program: Command, io: CommandIo): void {
  program
    .command('deploy')
    .description('Bring a namespace of your own onto an EVM chain, with the zones of phase 1.')
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
    .addHelpText('after', HELP)
    .action(async (options: DeployCommandOptions) => {
      const { deployNetwork } = await import('./deploy-run.ts')
      await deployNetwork(io, options)
    })
}
