import { randomBytes } from 'node:crypto'
import { createConnection } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { bytesToHex, bytesToUtf8, parseAddress, parseName, utf8ToBytes } from '@hyperware/protocol'
import type { Hex, KernelMessage, Name, NodeIdentity, NodeRouting } from '@hyperware/protocol'
import { freePort } from '../../../helpers/free-port.ts'
import { nodeCrypto } from '../../../../node/modules/net/crypto-node.ts'
import { createNet } from '../../../../node/modules/net/net.ts'
import type { IdentityLookup, Net, SendFailure } from '../../../../node/modules/net/types.ts'

export type LogLine = { level: 'debug' | 'info' | 'warn' | 'error'; event: string; fields: Record<string, unknown> }

/** What every node of a test knows about the others: stands in for the chain and its index. */
export class Directory implements IdentityLookup {
  readonly #identities = new Map<string, NodeIdentity>()
  readonly #listeners = new Set<(name: string) => void>()

  find = (name: string): NodeIdentity | undefined => this.#identities.get(name)

  onChange = (listener: (name: string) => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  publish(identity: NodeIdentity): void {
    this.#identities.set(identity.name, identity)
    for (const listener of this.#listeners) listener(identity.name)
  }

  remove(name: string): void {
    this.#identities.delete(name)
    for (const listener of this.#listeners) listener(name)
  }
}

export type Keys = { seed: Uint8Array; netKey: Hex }

export function makeKeys(seed: Uint8Array = randomBytes(32)): Keys {
  return { seed, netKey: bytesToHex(nodeCrypto.publicKeyOf(seed)) }
}

export type TestNode = {
  name: Name
  keys: Keys
  identity: NodeIdentity
  net: Net
  logs: LogLine[]
  delivered: KernelMessage[]
  failures: SendFailure[]
  /** Warnings and errors. */
  complaints: () => LogLine[]
  /** Greets another node and resolves with the answer's text, or with how it failed. */
  hi: (to: string, text?: string) => Promise<string>
  /** Sends a request without waiting. */
  request: (to: string, body: Uint8Array) => KernelMessage
  stop: () => Promise<void>
}

export type NodeOptions = {
  /** What the node itself looks others up in. */
  directory: Directory
  /** Where its identity is published; the same directory unless said otherwise. */
  publishTo?: readonly Directory[]
  routers?: readonly TestNode[]
  keys?: Keys
  port?: number
  maxPassthroughs?: number
  maxPeers?: number
  /** The clock that somebody may set. */
  now?: () => number
}

const open: TestNode[] = []

/** Stops every node of the test that just ran. */
export async function stopAll(): Promise<void> {
  await Promise.all(open.splice(0).map((node) => node.stop()))
}

/** Boots a node: direct on a port of 127.0.0.1, or indirect when routers are given. */
export async function bootNode(text: string, options: NodeOptions): Promise<TestNode> {
  const name = parseName(text)
  const keys = options.keys ?? makeKeys()
  const routing: NodeRouting =
    options.routers === undefined
      ? { kind: 'direct', ip: '127.0.0.1', ports: { tcp: options.port ?? (await freePort()) } }
      : { kind: 'indirect', routers: options.routers.map((router) => router.name) }
  const identity: NodeIdentity = { name, netKey: keys.netKey, routing }
  const logs: LogLine[] = []
  const delivered: KernelMessage[] = []
  const failures: SendFailure[] = []
  const waiting = new Map<bigint, (answer: string) => void>()
  const write =
    (level: LogLine['level']) =>
    (event: string, fields: Record<string, unknown> = {}) =>
      void logs.push({ level, event, fields })
  const net = createNet({
    self: { name, netKeySeed: keys.seed, netKey: keys.netKey, routing },
    identities: options.directory,
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    now: options.now ?? Date.now,
    elapsed: () => performance.now(),
    random: randomBytes,
    deliver(message) {
      delivered.push(message)
      const text = bytesToUtf8(message.message.body)
      if (message.message.kind === 'response') waiting.get(message.id)?.(text.ok ? text.value : 'not text')
    },
    sendFailed(failure) {
      failures.push(failure)
      waiting.get(failure.message.id)?.(`${failure.kind}: ${failure.reason}`)
    },
    listenHost: '127.0.0.1',
    ...(options.maxPassthroughs === undefined ? {} : { maxPassthroughs: options.maxPassthroughs }),
    ...(options.maxPeers === undefined ? {} : { maxPeers: options.maxPeers }),
  })
  for (const directory of options.publishTo ?? [options.directory]) directory.publish(identity)
  await net.start()

  const request = (to: string, body: Uint8Array): KernelMessage => {
    const message = greetingMessage(name, to, body)
    net.send(message)
    return message
  }
  const node: TestNode = {
    name,
    keys,
    identity,
    net,
    logs,
    delivered,
    failures,
    complaints: () => logs.filter(({ level }) => level === 'warn' || level === 'error'),
    async hi(to, text = `hello from ${name}`) {
      const answer = new Promise<string>((resolve) => {
        const message = greetingMessage(name, to, utf8ToBytes(text))
        waiting.set(message.id, resolve)
        net.send(message)
      })
      return Promise.race([answer, sleep(30_000, 'timeout', { ref: false })])
    },
    request,
    stop: () => net.stop(),
  }
  open.push(node)
  return node
}

export function greetingMessage(from: string, to: string, body: Uint8Array, id = randomId()): KernelMessage {
  return {
    id,
    source: parseAddress(`${from}@hi:terminal:sys`),
    target: parseAddress(`${to}@net:distro:sys`),
    rsvp: parseAddress(`${from}@hi:terminal:sys`),
    message: { kind: 'request', inherit: false, expectsResponse: 10n, body, metadata: undefined, capabilities: [] },
    blob: undefined,
  }
}

export function randomId(): bigint {
  return randomBytes(8).readBigUInt64BE()
}

/** A bare TCP connection to a node, for saying what no node says. */
export type RawClient = { socket: Socket; received: () => Uint8Array; closed: Promise<void>; isClosed: () => boolean }

export async function connectRaw(node: TestNode): Promise<RawClient> {
  if (node.identity.routing.kind !== 'direct') throw new Error(`${node.name} is not direct`)
  const socket = createConnection({ host: '127.0.0.1', port: node.identity.routing.ports.tcp ?? 0 })
  const parts: Uint8Array[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  socket.on('error', () => undefined)
  let done = false
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      done = true
      resolve()
    })
  })
  await new Promise((resolve) => socket.once('connect', resolve))
  return { socket, received: () => Buffer.concat(parts), closed, isClosed: () => done }
}
