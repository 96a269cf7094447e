import type { Command } from 'commander'
import type { CommandIo } from '../cli/io.ts'
import { findNode, type NodeChoice } from '../cli/node-choice.ts'
import { DEFAULT_HOME, jsonOption, nameArgument, urlArgument } from '../cli/options.ts'
import type { Outcome } from '../cli/program.ts'
import { EXIT } from '../errors.ts'

const HELP = `
The words after the node are one line, as it would be typed at the node's console: the first is an alias or the id of
a script, the rest its argument. Quote what the shell would take apart. Exit code 1 when the script says it failed.

Examples:
  npm run hyperware -- run alice-home.os help
  npm run hyperware -- run alice-home.os hi robin-home.os good morning
  npm run hyperware -- run alice-home.os "m our@kernel:distro:sys '{\\"Debug\\":\\"ProcessMap\\"}' -a 5"`

export function addRunCommand(program: Command, io: CommandIo, outcome: Outcome): void {
  program
    .command('run')
    .description("Run a script at a node's terminal, and print what it says.")
    .argument('<node>', 'node of the running network, or the name of the one at --url', nameArgument)
    .argument('<script...>', 'script and its argument')
    .option('--home <dir>', 'home of the running network', DEFAULT_HOME)
    .option('--url <url>', 'page of the node, for one outside that network', urlArgument)
    .option('--password-file <file>', 'file whose first line is the password of the node at --url')
    .addOption(jsonOption())
    .passThroughOptions()
    .addHelpText('after', HELP)
    .action(async (name: string, words: readonly string[], options: NodeChoice & { json?: true }) => {
      const node = await findNode(io, name, options)
      const { login, printable, runLine } = await import('@hyperware/node')
      const { cookie } = await login(node.url, node.password, name)
      const { output, failed } = await runLine(node.url, cookie, words.join(' '))
      if (options.json === true) io.out(JSON.stringify({ output, failed }))
      else if (output !== '') (failed ? io.err : io.out)(printable(output))
      if (failed) outcome.exitCode = EXIT.failed
    })
}
