import type { Command } from 'commander'
import type { CommandIo } from '../cli/io.ts'
import { DEFAULT_HOME, jsonOption } from '../cli/options.ts'

const HELP = `
Stages: chain, deploy, seed, index, graphql, nodes. It ends with a table of addresses, names and passwords, and stays in
the foreground. Ctrl-C stops everything within 5 s; the next start resumes where this one was, also after a crash. Ports
that other programs use are avoided. A part that dies is started again. Logs are in the folder "logs" of the home.

Examples:
  npm start
  npm start -- --fresh                     begin anew
  npm start -- --home /srv/hyperware --json   for scripts: one line of JSON on standard output once ready`

type StartOptions = { home: string; fresh?: true; json?: true; quiet?: true }

export function addStartCommand(program: Command, io: CommandIo): void {
  program
    .command('start')
    .description('Start a development network: chain, contracts, index, GraphQL and three nodes that greet each other.')
    .option('--home <dir>', 'folder that keeps everything', DEFAULT_HOME)
    .option('--fresh', 'delete what the home holds of an earlier network, and begin anew')
    .addOption(jsonOption())
    .option('--quiet', 'say nothing but problems on the way')
    .addHelpText('after', HELP)
    .action(async (options: StartOptions) => {
      const { runNetwork } = await import('../dev/network.ts')
      await runNetwork(io, {
        home: options.home,
        fresh: options.fresh === true,
        json: options.json === true,
        quiet: options.quiet === true,
      })
    })
}
