import { parseArgs } from 'node:util'
import { HyperwareError, quote, withoutCredentials } from '@hyperware/protocol'
import { LOG_FILE_DEFAULTS } from './terminal/log-files.ts'
import { decodeOverrides, VERBOSITY_MAX, type VerbosityOverride } from './terminal/printout.ts'
import { BOUND_DEFAULT_MAX_BYTES } from './wasm/memory-bound.ts'
import { MEMORY_MAX_BYTES } from './wasm/runner.ts'

export class UsageError extends HyperwareError<{ code: 'usage'; problem: string }> {}

/** How a node is started. `httpPort` 0 takes any free port. */
export type NodeOptions = {
  home: string
  rpcUrl: string
  graphqlUrl: string
  httpPort: number
  chainId: number
  maxPassthroughs: number
  /** What the linear memories of all processes may hold together; undefined for what suits the machine. */
  processMemoryBytes: number | undefined
  /** How long the boot waits for the index to catch up with the chain; 0 boots with what is known. */
  indexPatienceSeconds: number
  passwordFile: string | undefined
  /** Zip of the packages that the node boots with; none when undefined. */
  packages: string | undefined
  /** What the terminal shows: up to this level, except where a process has its own. */
  verbosity: number
  processVerbosity: ReadonlyMap<string, VerbosityOverride>
  /** Whether the terminal's lines are kept in files, how many of them, and their bytes together (0: no limit). */
  logging: boolean
  logFiles: number
  maxLogBytes: number
  detached: boolean
  json: boolean
  logLevel: string
}

export const USAGE = `Usage: node node/main.ts --home DIR --rpc URL --graphql URL --http-port N [options]

Boots the node whose key file is in the home folder.

  --home DIR             home folder, holding .keys
  --rpc URL              JSON-RPC endpoint of the chain (http)
  --graphql URL          GraphQL endpoint of the index
  --http-port N          port of the home page on 127.0.0.1; 0 takes any free one
  --chain-id N           chain of the deployment (default 31337)
  --max-passthroughs N   connections carried for other nodes; 0 refuses to be a router (default 0)
  --index-patience N     seconds that the boot waits for the index to catch up with the chain (default 0)
  --max-process-memory B bytes that the memories of all processes may hold together, ${MEMORY_MAX_BYTES} at least
                         (default: half of the machine's, ${BOUND_DEFAULT_MAX_BYTES} at most)
  --packages FILE        zip of the packages the node boots with, as npm start makes it in its home
  -v, --verbosity N      what the console shows: 0 (default) to 4
  --process-verbosity J  levels of single processes: {"chat:chat:template.os":{"U8":3},"spam:spam:x.os":"Muted"}
  -l, --logging-off      keep no log files of the terminal
  --max-log-size BYTES   of all log files together; 0 sets no limit (default 16000000)
  --number-log-files N   how many log files share that (default 4)
  -d, --detached         read nothing from the console
  --password-file FILE   file whose first line is the password; else the environment's HYPERWARE_PASSWORD
  --json                 print {"ready":true,...} on stdout once ready
  --log-level LEVEL      debug, info, warn or error (default info); logs are JSON lines on stderr
  --help                 show this

Exit codes: 0 stopped cleanly, 1 failed or could not stop in time, 2 wrong usage, 3 refused to boot.
`

const LOG_LEVELS = ['debug', 'info', 'warn', 'error']

/** Undefined when help was asked for. @throws UsageError */
export function parseOptions(args: readonly string[]): NodeOptions | undefined {
  const values = parseFlags(args)
  if (values.help) return undefined
  const logLevel = values['log-level']
  if (!LOG_LEVELS.includes(logLevel)) {
    throw usage(`--log-level is ${JSON.stringify(logLevel)}, expected ${LOG_LEVELS.join(', ')}`)
  }
  return {
    home: required('home', values.home),
    rpcUrl: httpUrl('rpc', required('rpc', values.rpc)),
    graphqlUrl: httpUrl('graphql', required('graphql', values.graphql)),
    httpPort: integer('http-port', required('http-port', values['http-port']), 65_535),
    chainId: integer('chain-id', values['chain-id'], Number.MAX_SAFE_INTEGER),
    maxPassthroughs: integer('max-passthroughs', values['max-passthroughs'], 10_000),
    processMemoryBytes: processMemory(values['max-process-memory']),
    indexPatienceSeconds: integer('index-patience', values['index-patience'], 3_600),
    passwordFile: values['password-file'],
    packages: values.packages,
    verbosity: integer('verbosity', values.verbosity, VERBOSITY_MAX),
    processVerbosity: overrides(values['process-verbosity']),
    logging: !values['logging-off'],
    logFiles: Math.max(1, integer('number-log-files', values['number-log-files'], 1_000)),
    maxLogBytes: integer('max-log-size', values['max-log-size'], Number.MAX_SAFE_INTEGER),
    detached: values.detached,
    json: values.json,
    logLevel,
  }
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        home: { type: 'string' },
        rpc: { type: 'string' },
        graphql: { type: 'string' },
        'http-port': { type: 'string' },
        'chain-id': { type: 'string', default: '31337' },
        'max-passthroughs': { type: 'string', default: '0' },
        'max-process-memory': { type: 'string' },
        'index-patience': { type: 'string', default: '0' },
        'password-file': { type: 'string' },
        packages: { type: 'string' },
        verbosity: { type: 'string', short: 'v', default: '0' },
        'process-verbosity': { type: 'string', default: '{}' },
        'logging-off': { type: 'boolean', short: 'l', default: false },
        'max-log-size': { type: 'string', default: String(LOG_FILE_DEFAULTS.maxBytes) },
        'number-log-files': { type: 'string', default: String(LOG_FILE_DEFAULTS.files) },
        detached: { type: 'boolean', short: 'd', default: false },
        json: { type: 'boolean', default: false },
        'log-level': { type: 'string', default: 'info' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function required(flag: string, value: string | undefined): string {
  if (value === undefined || value === '') throw usage(`--${flag} is missing`)
  return value
}

function integer(flag: string, text: string, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= max)) throw usage(`--${flag} is ${JSON.stringify(text)}, expected a whole number from 0 to ${max}`)
  return value
}

/** Less would not let a process of the default size have what it may have. */
function processMemory(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const bytes = integer('max-process-memory', text, Number.MAX_SAFE_INTEGER)
  if (bytes < MEMORY_MAX_BYTES) {
    throw usage(`--max-process-memory is ${JSON.stringify(text)}, expected at least ${MEMORY_MAX_BYTES} bytes`)
  }
  return bytes
}

function overrides(text: string): ReadonlyMap<string, VerbosityOverride> {
  const decoded = decodeOverrides(text)
  if (!decoded.ok) throw usage(`--process-verbosity: ${decoded.problem}`)
  return decoded.value
}

function httpUrl(flag: string, text: string): string {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    const shown = quote(withoutCredentials(text))
    throw usage(`--${flag} is ${shown}, expected an http:// or https:// address`)
  }
  return text
}

/** The command line is not one that a node can be started with. */
export function usage(problem: string, cause?: unknown): UsageError {
  const hint = 'node node/main.ts --help lists the options'
  return new UsageError({ code: 'usage', problem }, `Cannot start node: ${problem}`, { hint, cause })
}
