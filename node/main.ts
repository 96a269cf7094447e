import { readFile } from 'node:fs/promises'
import { DeploymentError } from '@hyperware/deployments'
import { formatError, HyperwareError } from '@hyperware/protocol'
import { pino } from 'pino'
import { bootNode, type RunningNode } from './boot.ts'
import type { Log, LogFields } from './kernel/log.ts'
import { KeyFileError } from './keys/errors.ts'
import { type NodeOptions, parseOptions, USAGE, usage, UsageError } from './options.ts'

/** The composition root: the real clock, the real log, the process's signals and its exit code. */

/**
 * A stop that takes longer is cut short, and is a failure: what had not ended by then may have left things unsaved. While
 * it boots a node has little to save, and may wait for others that never answer.
 */
const STOP_MAX_MS = { booting: 1_800, running: 8_000 }

function createLog(level: string): Log {
  const logger = pino({ level, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }))
  return {
    debug: (event, fields: LogFields = {}) => logger.debug(fields, event),
    info: (event, fields: LogFields = {}) => logger.info(fields, event),
    warn: (event, fields: LogFields = {}) => logger.warn(fields, event),
    error: (event, fields: LogFields = {}) => logger.error(fields, event),
  }
}

async function readPassword({ passwordFile }: NodeOptions): Promise<string> {
  const password = passwordFile === undefined ? process.env['HYPERWARE_PASSWORD'] : await readFirstLine(passwordFile)
  delete process.env['HYPERWARE_PASSWORD'] // nothing this process starts needs it
  if (password !== undefined && password !== '') return password
  const problem = 'no password was given'
  throw new KeyFileError({ code: 'key-input', problem }, `Cannot open key file: ${problem}`, {
    hint: 'set HYPERWARE_PASSWORD, or name a file with --password-file',
  })
}

async function readFirstLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw usage(`--password-file cannot be read: ${cause.message}`, cause)
  })
  return text.split(/\r?\n/, 1)[0] ?? ''
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  if (!options) {
    process.stdout.write(USAGE)
    return
  }
  process.umask(0o077) // whatever the node writes is for its owner
  const log = createLog(options.logLevel)
  process.on('unhandledRejection', (error) => {
    log.error('promise-lost', { error: formatError(error) })
    process.exit(1)
  })
  let shutDown: (reason: string) => void = () => undefined
  const ending = new Promise<string>((resolve) => {
    shutDown = resolve
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal))
  })
  const console = options.detached || options.json ? undefined : { input: process.stdin, output: process.stdout }
  const password = await readPassword(options)
  const own = { shutDown: () => shutDown('asked from inside') }
  const booting = bootNode({ log, now: Date.now, password, console, ...own }, options)
  const node = await Promise.race([booting, ending])
  if (typeof node !== 'string') announce(options, node, log)
  log.info('stopping', { reason: await ending })
  const waitedMs = typeof node === 'string' ? STOP_MAX_MS.booting : STOP_MAX_MS.running
  setTimeout(() => {
    log.error('stop-cut', { waitedMs })
    process.exit(1)
  }, waitedMs).unref()
  const { stop } = await booting
  await stop()
  log.info('stopped')
}

function announce(options: NodeOptions, { name, url }: RunningNode, log: Log): void {
  log.info('ready', { name, url })
  const line = options.json
    ? JSON.stringify({ ready: true, name, url, pid: process.pid })
    : `${name} is ready at ${url}`
  process.stdout.write(`${line}\n`)
}

try {
  await main()
  process.exit(0)
} catch (error) {
  const known = error instanceof HyperwareError || error instanceof DeploymentError
  process.stderr.write(`${known ? formatError(error) : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(error instanceof UsageError ? 2 : known ? 3 : 1)
}
