import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { findNode, type NodeChoice } from '../cli/node-choice.ts'
import { DEFAULT_HOME, integerArgument, jsonOption, nameArgument, urlArgument } from '../cli/options.ts'
import type { ProcessSample } from '@hyperware/node'
import type { CommandIo } from '../cli/io.ts'

const HELP = `
Shows what the kernel of a node runs: state, messages waiting and passing, processor and memory, and how many
capabilities each process holds. Refreshes until Ctrl-C; with --once or --json it prints one sample and ends.

Examples:
  npm run hyperware -- top
  npm run hyperware -- top robin-home.os --once
  npm run hyperware -- top --json`

type TopOptions = NodeChoice & { once?: true; json?: true; interval: number }

export function addTopCommand(program: Command, io: CommandIo): void {
  program
    .command('top')
    .description('Show the processes of a node, live.')
    .argument(
      '[node]',
      'node of the running network, or the name of the one at --url; default: the first one',
      nameArgument,
    )
    .option('--home <dir>', 'home of the running network', DEFAULT_HOME)
    .option('--url <url>', 'page of the node, for one outside that network', urlArgument)
    .option('--password-file <file>', 'file whose first line is the password of the node at --url')
    .option('--interval <seconds>', 'between samples', integerArgument(1, 3_600), 1)
    .option('--once', 'print one sample and end')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, options: TopOptions) => {
      const node = await findNode(io, name, options)
      const { listProcesses, login } = await import('@hyperware/node')
      const { formatTop } = await import('./top-table.ts')
      const { cookie } = await login(node.url, node.password, name)
      const take = async (): Promise<ProcessSample> => ({
        atMs: performance.now(),
        processes: await listProcesses(node.url, cookie),
      })
      const first = await take()
      if (options.json === true) return io.out(JSON.stringify(first.processes))
      if (options.once === true) return formatTop(undefined, first).forEach(io.out)
      await follow(io, { first, take, intervalMs: options.interval * 1_000 })
    })
}

/** Draws over the last table, so that a table stays in place. */
async function follow(
  io: CommandIo,
  { first, take, intervalMs }: { first: ProcessSample; take: () => Promise<ProcessSample>; intervalMs: number },
): Promise<void> {
  const { formatTop } = await import('./top-table.ts')
  let before: ProcessSample | undefined
  for (let sample = first; ;) {
    const lines = formatTop(before, sample)
    io.out(`\u001b[H\u001b[2J${lines.join('\n')}`)
    before = sample
    await sleep(intervalMs)
    sample = await take()
  }
}
