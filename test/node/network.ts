import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  bytesToHex,
  encodeIp,
  encodePort,
  encodeRouters,
  type Hex,
  namehash,
  parseName,
  splitName,
} from '@hyperware/protocol'
import { createKeyFile, writeKeyFile } from '../../node/index.ts'
import type { Owned, TestChain } from '../indexer/network/chain.ts'

const MAIN = join(import.meta.dirname, '../../node/main.ts')
const READY_MS = 250_000

export const newHome = () => mkdtemp(join(tmpdir(), 'hyperware-node-'))

/** A name onchain and the home folder whose key file belongs to it. */
export type TestIdentity = { name: string; password: string; home: string; netKey: Hex; entry: Owned }

/** Mints `name` under `parent`, which owns it, makes its key file, and publishes what `routing` says. */
export async function createIdentity(
  chain: TestChain,
  input: { parent: Owned; name: string; routing: { tcpPort: number } | { router: string } },
): Promise<TestIdentity> {
  const { parent, name, routing } = input
  const label = splitName(parseName(name))?.label ?? name
  const password = `password of ${name}`
  const routers = 'router' in routing ? [routing.router] : []
  const home = await newHome()
  const { bytes, netKey } = await createKeyFile({ name, routers, password })
  await writeKeyFile(home, bytes)
  const entry = await chain.mint(parent, label)
  await chain.note(entry, '~net-key', netKey)
  if ('router' in routing) {
    await chain.note(entry, '~routers', bytesToHex(encodeRouters([namehash(parseName(routing.router))])))
  } else {
    await chain.note(entry, '~ip', bytesToHex(encodeIp('127.0.0.1')))
    await chain.note(entry, '~tcp-port', bytesToHex(encodePort(routing.tcpPort)))
  }
  return { name, password, home, netKey, entry }
}

export type NodeArguments = { home: string; rpc: string; graphql: string; password?: string; more?: readonly string[] }

/** Runs `node/main.ts` until it ends by itself. */
export async function runNode(input: NodeArguments): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { child, output } = spawnNode(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...output }
}

/** A node of its own process, ready. */
export type TestNode = {
  name: string
  url: string
  pid: number
  stderr: () => string
  stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

export async function startNode(input: NodeArguments): Promise<TestNode> {
  const { child, output } = spawnNode(input)
  const exited = once(child, 'close') as Promise<[number | null]>
  const giveUpAtMs = Date.now() + READY_MS
  while (!output.stdout.includes('\n')) {
    if (child.exitCode !== null || Date.now() > giveUpAtMs) {
      child.kill('SIGKILL')
      throw new Error(`The node did not become ready:\n${output.stderr}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const { name, url, pid } = JSON.parse(output.stdout) as { name: string; url: string; pid: number }
  return {
    name,
    url,
    pid,
    stderr: () => output.stderr,
    async stop(signal = 'SIGKILL') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      return (await exited)[0]
    },
  }
}

/** Runs `node/main.ts`, and notes what it says. */
export function spawnNode(input: NodeArguments): { child: ChildProcess; output: { stdout: string; stderr: string } } {
  const { home, rpc, graphql, password, more = [] } = input
  const args = ['--home', home, '--rpc', rpc, '--graphql', graphql, '--http-port', '0', '--json', ...more]
  const { HYPERWARE_PASSWORD: _, ...environment } = process.env
  const env = password === undefined ? environment : { ...environment, HYPERWARE_PASSWORD: password }
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  return { child, output }
}
