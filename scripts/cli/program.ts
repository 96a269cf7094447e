import { Command, CommanderError } from 'commander'
import { formatError } from '@hyperware/protocol'
import { addAuctionCommand } from '../commands/auction.ts'
import { addBuildCommand } from '../commands/build.ts'
import { addChainCommand } from '../commands/chain.ts'
import { addDeployCommand } from '../commands/deploy.ts'
import { addHiCommand } from '../commands/hi.ts'
import { addInstallCommand } from '../commands/install.ts'
import { addKeysCommand } from '../commands/keys.ts'
import { addNamesCommand } from '../commands/names.ts'
import { addNodeCommand } from '../commands/node.ts'
import { addNotesCommand } from '../commands/notes.ts'
import { addRunCommand } from '../commands/run.ts'
import { addStartCommand } from '../commands/start.ts'
import { addTopCommand } from '../commands/top.ts'
import { addUninstallCommand } from '../commands/uninstall.ts'
import { EXIT } from '../errors.ts'
import { exitCodeOf } from './exit-code.ts'
import type { CommandIo } from './io.ts'

const FOOTER = `
Exit codes: 0 done, 1 failed, 2 called wrongly, 3 refused before anything was changed.
Through npm, put the command after two dashes: npm run hyperware -- hi robin-home.os`

/** Commands end by returning; one that has an exit code of its own (a node's) stores it here. */
export type Outcome = { exitCode: number }

function buildProgram(io: CommandIo, outcome: Outcome): Command {
  const program = new Command('hyperware')
    .description('Hyperware: a namespace onchain, its index, and the nodes that meet through it.')
    .addHelpText('after', FOOTER)
    .showSuggestionAfterError()
    .helpCommand(false)
    .enablePositionalOptions()
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.err(text.trimEnd()) })
    .exitOverride()
  addStartCommand(program, io)
  addNodeCommand(program, io, outcome)
  addHiCommand(program, io)
  addRunCommand(program, io, outcome)
  addTopCommand(program, io)
  addBuildCommand(program, io)
  addInstallCommand(program, io)
  addUninstallCommand(program, io)
  addNamesCommand(program, io)
  addNotesCommand(program, io)
  addKeysCommand(program, io)
  addChainCommand(program, io)
  addDeployCommand(program, io)
  addAuctionCommand(program, io)
  return program
}

/**
 * Runs one command line (without program name) to its end and returns its exit code. Never throws: failures are told on
 * `io.err`, with a hint where there is one.
 */
export async function runCommandLine(args: readonly string[], io: CommandIo): Promise<number> {
  const outcome: Outcome = { exitCode: EXIT.ok }
  try {
    await buildProgram(io, outcome).parseAsync(args, { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    io.err(formatError(error))
    return exitCodeOf(error)
  }
}
