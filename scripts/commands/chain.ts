import type { Command } from 'commander'
import type { CommandIo } from '../cli/io.ts'
import { DEFAULT_HOME, integerArgument, jsonOption } from '../cli/options.ts'

const RUN_HELP = `
The chain of "hyperware start" by itself: id 31337, with all contracts deployed, and everything it acknowledges kept in
the home. Ctrl-C stops it.

Examples:
  npm run hyperware -- chain run --home chain-only --port 8600`

const RESTORE_HELP = `
For when a start says that the chain's state is damaged. The damaged copy is kept beside it. At most the last change that
was acknowledged is missing from the copy before.

Examples:
  npm run hyperware -- chain restore`

export type ChainRunOptions = { home: string; port?: number; json?: true }

export function addChainCommand(program: Command, io: CommandIo): void {
  const chain = program.command('chain').description('The development chain by itself.')
  chain
    .command('run')
    .description('Run the development chain alone, with the contracts deployed, in the foreground.')
    .option('--home <dir>', 'folder that keeps everything', DEFAULT_HOME)
    .option('--port <port>', 'port to listen on; default: 8545 or the next free one', integerArgument(1, 65_535))
    .addOption(jsonOption())
    .addHelpText('after', RUN_HELP)
    .action(async (options: ChainRunOptions) => {
      const { runChainAlone } = await import('./chain-run.ts')
      await runChainAlone(io, options)
    })
  chain
    .command('restore')
    .description("Go back to the copy before the newest one of the chain's state.")
    .option('--home <dir>', 'home of the network, which must not be running', DEFAULT_HOME)
    .addHelpText('after', RESTORE_HELP)
    .action(async (options: { home: string }) => {
      const { restoreChain } = await import('./chain-run.ts')
      restoreChain(io, options.home)
    })
}
