import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { quote } from '@hyperware/protocol'
import { ChainError } from '../../errors.ts'

const START_TIMEOUT_MS = 60_000
const OUTPUT_MAX_CHARS = 16_384
const CALL_TIMEOUT_MS = 60_000

/** A running anvil, reachable on a private port of the loopback interface only. */
export type Anvil = {
  pid: number
  url: string
  call: (method: string, ...params: readonly unknown[]) => Promise<unknown>
  /** Settles with a sentence about how it ended. */
  stopped: Promise<string>
  stop: () => Promise<void>
}

/**
 * The native anvil of the installed package for this platform, run directly so that signals reach it.
 *
 * @throws ChainError `anvil-missing` when the package for this platform is not installed.
 */
function findAnvil(): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const platform = `${process.platform === 'win32' ? 'win32' : process.platform}-${arch}`
  const require = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'))
  try {
    const folder = dirname(require.resolve(`@foundry-rs/anvil-${platform}/package.json`))
    const binary = join(folder, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil')
    if (existsSync(binary)) return binary
  } catch {
    // Reported below, with what to do about it.
  }
  throw new ChainError(
    { code: 'anvil-missing', platform },
    `Cannot start the development chain: no anvil for "${platform}" is installed`,
    { hint: 'run "npm ci" again; optional packages must not be left out' },
  )
}

/**
 * One JSON-RPC call over HTTP.
 *
 * @throws ChainError `chain-unreachable`, `rpc-failed` with the chain's own words, or `rpc-malformed`.
 */
export async function callRpc(
  rpcUrl: string,
  method: string,
  params: readonly unknown[] = [],
  timeoutMs = CALL_TIMEOUT_MS,
): Promise<unknown> {
  let answer: unknown
  try {
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    answer = await response.json()
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
    const detail = inner instanceof Error ? inner.message : String(inner)
    const problem = { code: 'chain-unreachable', rpcUrl, detail } as const
    throw new ChainError(problem, `Cannot call ${method} at ${rpcUrl}: ${detail}`, { cause })
  }
  const { result, error } = (answer ?? {}) as {
    result?: unknown
    error?: { code?: number; message?: string; data?: unknown }
  }
  if (error !== undefined) {
    const detail = String(error.message)
    const problem = { code: 'rpc-failed', method, rpcCode: Number(error.code), detail, data: error.data } as const
    throw new ChainError(problem, `Cannot call ${method} at ${rpcUrl}: the chain answered ${quote(detail)}`)
  }
  if (result === undefined) {
    const detail = 'expected "result" or "error"'
    throw new ChainError({ code: 'rpc-malformed', method, detail }, `Cannot read the answer to ${method}: ${detail}`)
  }
  return result
}

function waitForUrl(child: ChildProcess, stopped: Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (detail: string) => {
      clearTimeout(timer)
      const problem = { code: 'anvil-stopped', detail: `${detail}\n${output.trim()}` } as const
      reject(new ChainError(problem, `Cannot start anvil: ${detail}`))
    }
    const timer = setTimeout(() => fail(`it was not ready within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS)
    const read = (chunk: Buffer) => {
      if (output.length < OUTPUT_MAX_CHARS) output += chunk.toString('utf8')
      const match = /Listening on (\S+)/.exec(output)
      if (match?.[1] === undefined) return
      clearTimeout(timer)
      resolve(`http://${match[1]}`)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', (chunk: Buffer) => {
      if (output.length < OUTPUT_MAX_CHARS) output += chunk.toString('utf8')
    })
    void stopped.then((how) => fail(how))
  })
}

/**
 * Starts anvil with fixed rules (Prague) on a port of its own choice. Its clock starts at the genesis timestamp (Unix
 * seconds; now, unless given), which alone decides the hash of the first block.
 *
 * @param input.onProcess told of the process before anything is waited for, so that whoever is killed meanwhile leaves
 *   none behind that nobody knows of.
 * @throws ChainError when it is not installed, or does not come up within 60 s.
 */
export async function startAnvil(input: {
  chainId: number
  genesisTimestamp?: number
  onProcess?: (pid: number) => void
}): Promise<Anvil> {
  const args = ['--host', '127.0.0.1', '--port', '0', '--hardfork', 'prague', '--chain-id', String(input.chainId)]
  if (input.genesisTimestamp !== undefined) args.push('--timestamp', String(input.genesisTimestamp))
  // A session of its own: Ctrl-C reaches this process alone, which then saves the state and stops anvil in order.
  const child = spawn(findAnvil(), args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  if (child.pid !== undefined) input.onProcess?.(child.pid)
  const stopped = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it could not be run: ${error.message}`))
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `it ended with code ${code}` : `it was killed by ${signal}`),
    )
  })
  const url = await waitForUrl(child, stopped).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  return {
    pid: child.pid ?? 0,
    url,
    call: (method, ...params) => callRpc(url, method, params),
    stopped,
    stop: async () => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 2_000)
      await stopped
      clearTimeout(timer)
    },
  }
}

const MINED_TIMEOUT_MS = 60_000
const MINED_POLL_MAX_MS = 25

/**
 * Resolves once a transaction is mined: anvil answers a moment before it mines, a long one when the machine is busy.
 * `false` when it waits in the pool instead, for an earlier nonce or because blocks are mined by hand.
 *
 * @throws ChainError `transaction-dropped` when another one of the same nonce took its place in the pool: two that are sent
 *   at the same time without a nonce may get the same one; `transaction-unmined` when it still waits after a minute.
 */
export async function waitUntilMined(anvil: Anvil, hash: string): Promise<boolean> {
  const isMined = async () => (await anvil.call('eth_getTransactionReceipt', hash)) !== null
  const deadline = Date.now() + MINED_TIMEOUT_MS
  for (let waitMs = 1; Date.now() < deadline; waitMs = Math.min(waitMs * 2, MINED_POLL_MAX_MS)) {
    if (await isMined()) return true
    const waiting = (await anvil.call('eth_getTransactionByHash', hash)) as { from: string; nonce: string } | null
    if (waiting === null) {
      if (await isMined()) return true // it left the pool for a block between the two questions
      const words = `Cannot mine transaction ${hash}: another one of the same nonce took its place`
      throw new ChainError({ code: 'transaction-dropped', hash }, words, { hint: 'send it again' })
    }
    if ((await anvil.call('anvil_getAutomine')) === false) return false
    if (waitMs === MINED_POLL_MAX_MS) {
      const next = await anvil.call('eth_getTransactionCount', waiting.from, 'pending')
      if (Number(waiting.nonce) > Number(next)) return false
    }
    await sleep(waitMs)
  }
  const seconds = MINED_TIMEOUT_MS / 1_000
  const words = `Cannot wait for transaction ${hash}: it is not mined after ${seconds} s`
  throw new ChainError({ code: 'transaction-unmined', hash, seconds }, words)
}
