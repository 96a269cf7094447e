import type { Command } from 'commander'
import type { CommandIo } from '../cli/io.ts'
import { DEFAULT_HOME, jsonOption, nameArgument, urlArgument } from '../cli/options.ts'
import { CommandError } from '../errors.ts'
import type { RunningNode } from '../dev/network-file.ts'

const HELP = `
Examples:
  npm run hyperware -- hi robin-home.os                          from the first node of the running network
  npm run hyperware -- hi alice-home.os "good morning" --from robin-home.os
  npm run hyperware -- hi alice-home.os --url http://127.0.0.1:8083 --password-file carol.password`

type HiOptions = { from?: string; home: string; url?: string; passwordFile?: string; json?: true }

function chooseNode(nodes: readonly RunningNode[], from: string | undefined): RunningNode {
  const node = from === undefined ? nodes[0] : nodes.find(({ name }) => name === from)
  if (node !== undefined) return node
  const known = nodes.map(({ name }) => name)
  throw new CommandError(
    { code: 'node-unknown', node: from ?? '', known },
    `Cannot greet from "${from}": the running network has no such node`,
    { hint: `it has ${known.join(', ')}; reach another one with --url` },
  )
}

async function findSender(io: CommandIo, options: HiOptions): Promise<{ url: string; password: string }> {
  if (options.url !== undefined) {
    const { readPassword } = await import('../cli/password.ts')
    return { url: options.url, password: await readPassword(io, { file: options.passwordFile }) }
  }
  const { getRunningNetwork } = await import('../dev/network-file.ts')
  return chooseNode(getRunningNetwork(options.home).nodes, options.from)
}

export function addHiCommand(program: Command, io: CommandIo): void {
  program
    .command('hi')
    .description('Greet a node from another node, and print its answer.')
    .argument('<name>', 'node to greet', nameArgument)
    .argument('[text]', 'what to say')
    .option('--from <node>', 'node of the running network that greets; default: the first one', nameArgument)
    .option('--home <dir>', 'home of the running network', DEFAULT_HOME)
    .option('--url <url>', 'page of the node that greets, for one outside that network', urlArgument)
    .option('--password-file <file>', 'file whose first line is the password of the node at --url')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (name: string, text: string | undefined, options: HiOptions) => {
      const sender = await findSender(io, options)
      const { greet, login } = await import('@hyperware/node')
      const { cookie } = await login(sender.url, sender.password)
      const { answer, durationMs } = await greet(sender.url, cookie, name, text)
      io.out(options.json === true ? JSON.stringify({ node: name, answer, durationMs }) : answer)
    })
}
