import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import type { CommandIo } from '../cli/io.ts'
import { graphqlOption, integerArgument, networkOption, rpcOption } from '../cli/options.ts'
import type { Outcome } from '../cli/program.ts'
import { addNodeImportCommand } from './node-import.ts'

const MAIN = fileURLToPath(new URL('../../node/main.ts', import.meta.url))
const HTTP_PORT = 8080
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const HELP = `
Chain and index are those of the running network unless named, at each start anew: nothing of them is kept in the home.
The password is asked for, unless it is in the environment variable HYPERWARE_PASSWORD or in a file. Ctrl-C stops the
node. Its exit code is passed on: 3 when it refused to boot (wrong password, key that differs from the chain's, home in
use, taken port). Lines typed at its console run scripts: help lists them. The packages that it boots with are built
first, which takes a while once.

Examples:
  npm run hyperware -- node --home .hyperware/carol
  npm run hyperware -- node --home carol --rpc http://127.0.0.1:8545 --graphql http://127.0.0.1:42069/graphql
  npm run hyperware -- node --home carol --rpc https://rpc.example --graphql https://index.example --chain-id 8453`

type NodeOptions = {
  home?: string
  network: string
  rpc?: string
  graphql?: string
  chainId?: number
  httpPort?: number
  packages?: string
  maxPassthroughs?: number
  maxProcessMemory?: string
  passwordFile?: string
  verbosity?: number
  json?: true
}

/** The flags of `node/main.ts` for these options, with chain and index filled in from the running network. */
async function nodeArguments(io: CommandIo, home: string, options: NodeOptions): Promise<string[]> {
  let { rpc, graphql, chainId } = options
  if (rpc === undefined || graphql === undefined) {
    const { getRunningNetwork } = await import('../dev/network-file.ts')
    const network = getRunningNetwork(options.network)
    if (rpc === undefined) chainId ??= network.chain.chainId
    rpc ??= network.chain.rpcUrl
    graphql ??= network.graphql
  }
  const { takeFreePort } = await import('../dev/ports.ts')
  const port = options.httpPort ?? (await takeFreePort(HTTP_PORT, new Set()))
  const args = ['--home', home, '--rpc', rpc, '--graphql', graphql, '--http-port', String(port)]
  args.push('--packages', options.packages ?? (await makePackages(io)))
  if (chainId !== undefined) args.push('--chain-id', String(chainId))
  if (options.maxPassthroughs !== undefined) args.push('--max-passthroughs', String(options.maxPassthroughs))
  if (options.maxProcessMemory !== undefined) args.push('--max-process-memory', options.maxProcessMemory)
  if (options.passwordFile !== undefined) args.push('--password-file', options.passwordFile)
  if (options.verbosity !== undefined) args.push('--verbosity', String(options.verbosity))
  if (options.json === true) args.push('--json')
  // Lines of the log would come between the lines of whoever types.
  else if (process.stdout.isTTY) args.push('--log-level', 'warn')
  return args
}

/** The packages that come with a node, built when they are not there yet. */
async function makePackages(io: CommandIo): Promise<string> {
  const { ensurePackages, PACKAGES_FILE } = await import('../dev/packages.ts')
  await ensurePackages(PACKAGES_FILE, (process) => io.err(`built ${process}`))
  return PACKAGES_FILE
}

/** Runs the node until it ends; its output is this process's output, and signals sent here reach it. */
function runForeground(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'inherit', env })
    // A terminal sends its signals to both, so the node may hear of one twice; what it does then is the same.
    const forward = (signal: NodeJS.Signals) => child.kill(signal)
    for (const signal of FORWARDED) process.on(signal, forward)
    child.once('error', reject)
    child.once('exit', (code) => {
      for (const signal of FORWARDED) process.removeListener(signal, forward)
      resolve(code ?? 1)
    })
  })
}

export function addNodeCommand(program: Command, io: CommandIo, outcome: Outcome): void {
  const node = program
    .command('node')
    .description('Run one node in the foreground, from the key file in its home folder.')
    .enablePositionalOptions()
    // Checked below: an option required here would be required before "import" as well.
    .option('--home <dir>', 'the node\'s home folder, made with "keys create"')
    .addOption(networkOption())
    .addOption(rpcOption())
    .addOption(graphqlOption())
    .option(
      '--chain-id <id>',
      'chain that --rpc must serve; default: the development chain, 31337',
      integerArgument(1, 999_999_999),
    )
    .option(
      '--http-port <port>',
      `port of its pages; default: ${HTTP_PORT} or the next free one`,
      integerArgument(1, 65_535),
    )
    .option(
      '--max-passthroughs <n>',
      'connections to route for other nodes at a time; default: 0, no router',
      integerArgument(0, 10_000),
    )
    .option(
      '--max-process-memory <bytes>',
      "memory its processes may hold together; default: half of the machine's, at most 8 GiB",
    )
    .option('--packages <file>', 'bundle of the packages it boots with; default: the terminal, from its sources')
    .option('--password-file <file>', 'file whose first line is the password')
    .option('-v, --verbosity <n>', 'what its console shows, 0 to 4', integerArgument(0, 4))
    .option('--json', 'print one line of JSON once ready, for scripts')
    .addHelpText('after', HELP)
    .action(async (options: NodeOptions) => {
      if (options.home === undefined) return node.error("error: required option '--home <dir>' not specified")
      const args = await nodeArguments(io, options.home, options)
      const { readPassword } = await import('../cli/password.ts')
      const env = { ...process.env }
      if (options.passwordFile === undefined) env['HYPERWARE_PASSWORD'] = await readPassword(io, {})
      outcome.exitCode = await runForeground(args, env)
    })
  addNodeImportCommand(node, io)
}
