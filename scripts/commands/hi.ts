import type { Command } from 'commander'
import type { CommandIo } from '../cli/io.ts'
import { findNode, type NodeChoice } from '../cli/node-choice.ts'
import { DEFAULT_HOME, jsonOption, nameArgument, urlArgument } from '../cli/options.ts'

const HELP = `
Examples:
  npm run hyperware -- hi robin-home.os                          from the first node of the running network
  npm run hyperware -- hi alice-home.os "good morning" --from robin-home.os
  npm run hyperware -- hi alice-home.os --url http://127.0.0.1:8083 --password-file carol.password`

export function addHiCommand(program: Command, io: CommandIo): void {
  program
    .command('hi')
    .description('Greet a node from another node, and print its answer.')
    .argument('<name>', 'node to greet', nameArgument)
    .argument('[text]', 'what to say')
    .option(
      '--from <node>',
      'node of the running network that greets, or the name of the one at --url; default: the first one',
      nameArgument,
    )
    .option('--home <dir>', 'home of the running network', DEFAULT_HOME)
    .option('--url <url>', 'page of the node that greets, for one outside that network', urlArgument)
    .option('--password-file <file>', 'file whose first line is the password of the node at --url')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (name: string, text: string | undefined, options: NodeChoice & { from?: string; json?: true }) => {
      const sender = await findNode(io, options.from, options)
      const { greet, login, printable } = await import('@hyperware/node')
      const { cookie } = await login(sender.url, sender.password, options.from)
      const { answer, durationMs } = await greet(sender.url, cookie, name, text)
      io.out(options.json === true ? JSON.stringify({ node: name, answer, durationMs }) : printable(answer))
    })
}
