import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseName, utf8ToBytes } from '@hyperware/protocol'
import type { KernelMessage } from '@hyperware/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import type { NetError } from '../../../../node/modules/net/errors.ts'
import { freePort } from '../../../helpers/free-port.ts'
import { until } from '../../../helpers/until.ts'
import { Directory, bootNode, greetingMessage, makeKeys, stopAll } from './network.ts'
import type { TestNode } from './network.ts'
import { ScriptedPeer } from './scripted-peer.ts'

const servers: Server[] = []

afterEach(async () => {
  await stopAll()
  for (const server of servers.splice(0)) server.close()
})

/** Publishes a node at whose port somebody accepts connections and never says a word. */
async function publishSilentNode(directory: Directory, name: string): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  directory.publish({
    name: parseName(name),
    netKey: makeKeys().netKey,
    routing: { kind: 'direct', ip: '127.0.0.1', ports: { tcp: address.port } },
  })
}

/** A message to the `files` process of another node, with a blob of so many bytes. */
function parcel(from: TestNode, to: string, sizeBytes: number, mark = 0): KernelMessage {
  const message = greetingMessage(from.name, to, Uint8Array.of(mark))
  const target = { node: to, process: { process: 'files', package: 'files', publisher: 'sys' } }
  return { ...message, target, blob: { mime: 'text/plain', bytes: new Uint8Array(sizeBytes).fill(mark) } }
}

describe('messages', () => {
  test('of every size arrive whole and in order, both ways', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const bob = await bootNode('bob.os', { directory })
    const sizes = [0, 1, 65_519, 200_000, 700_000, 3, 10_000_000]
    for (const [mark, size] of sizes.entries()) alice.net.send(parcel(alice, 'bob.os', size, mark))
    await until(() => bob.delivered.length === sizes.length, 'everything to arrive')
    expect(bob.delivered.map(({ blob }) => blob?.bytes.length)).toEqual(sizes)
    expect(bob.delivered.map(({ message }) => message.body[0])).toEqual(sizes.map((_, mark) => mark))
    expect(bob.delivered.every(({ blob, message }) => blob?.bytes.every((byte) => byte === message.body[0]))).toBe(true)
    for (const [mark, size] of sizes.entries()) bob.net.send(parcel(bob, 'alice.os', size, mark))
    await until(() => alice.delivered.length === sizes.length, 'everything to come back')
    expect(alice.delivered.map(({ blob }) => blob?.bytes.length)).toEqual(sizes)
    expect(bob.net.peers()).toHaveLength(1)
  })

  test('above the maximum fail alone, and the link stays', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const bob = await bootNode('bob.os', { directory })
    expect(await alice.hi('bob.os')).toBe('ack')
    alice.net.send(parcel(alice, 'bob.os', 10_485_800))
    expect(alice.failures).toMatchObject([
      { kind: 'too-large', reason: 'the message has 10485916 bytes encoded, expected at most 10485800' },
    ])
    expect(await alice.hi('bob.os')).toBe('ack')
    expect(bob.logs.filter(({ event }) => event === 'peer-connected')).toHaveLength(1)
  })

  test('to a node that never answers wait up to a bound, and are all offline after five seconds', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    await publishSilentNode(directory, 'mute.os')
    for (let count = 0; count < 1_002; count++) alice.request('mute.os', Uint8Array.of(1))
    expect(alice.failures.map(({ kind, reason }) => `${kind}: ${reason}`)).toEqual([
      'queue-full: 1000 messages already wait for mute.os',
      'queue-full: 1000 messages already wait for mute.os',
    ])
    await until(() => alice.failures.length === 1_002, 'the rest to fail')
    expect(alice.failures.at(-1)).toMatchObject({
      kind: 'offline',
      reason: 'the handshake did not finish within 5 s (awaiting-message-2)',
    })
  })

  test('to a peer that does not read wait in bounded memory', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const keys = makeKeys()
    const mallory = { name: parseName('mallory.os'), netKey: keys.netKey }
    directory.publish({ ...mallory, routing: { kind: 'direct', ip: '127.0.0.1', ports: { tcp: 1 } } })
    const peer = await ScriptedPeer.connect(alice)
    await peer.shakeHands('mallory.os', keys)
    await until(() => alice.net.peers().length === 1, 'the link')
    peer.client.socket.pause()
    for (let count = 0; count < 60; count++) alice.net.send(parcel(alice, 'mallory.os', 1_000_000))
    expect(alice.failures.length).toBeGreaterThan(20)
    expect(new Set(alice.failures.map(({ kind }) => kind))).toEqual(new Set(['queue-full']))
    expect(alice.failures[0]?.reason).toMatch(/^\d+ bytes already wait for mallory.os$/)
  })

  test('of two nodes that dial each other at the same moment all arrive', async () => {
    for (let round = 0; round < 10; round++) {
      const directory = new Directory()
      const alice = await bootNode('alice.os', { directory })
      const bob = await bootNode('bob.os', { directory })
      const answers = await Promise.all([
        alice.hi('bob.os'),
        bob.hi('alice.os'),
        alice.hi('bob.os'),
        bob.hi('alice.os'),
      ])
      expect(answers).toEqual(['ack', 'ack', 'ack', 'ack'])
      expect(await alice.hi('bob.os')).toBe('ack')
      expect(await bob.hi('alice.os')).toBe('ack')
      await stopAll()
    }
  })
})

describe('links', () => {
  test('the newest inbound connection of a peer takes the place of the older one', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const keys = makeKeys()
    const mallory = { name: parseName('mallory.os'), netKey: keys.netKey }
    directory.publish({ ...mallory, routing: { kind: 'direct', ip: '127.0.0.1', ports: { tcp: 1 } } })
    const older = await ScriptedPeer.connect(alice)
    await older.shakeHands('mallory.os', keys)
    const newer = await ScriptedPeer.connect(alice)
    await newer.shakeHands('mallory.os', keys)
    await older.client.closed
    expect(alice.net.peers()).toMatchObject([{ name: 'mallory.os', state: 'connected', direction: 'incoming' }])
    alice.request('mallory.os', utf8ToBytes('hello'))
    expect((await newer.receive()).source.node).toBe('alice.os')
    expect(newer.client.isClosed()).toBe(false)
    expect(alice.complaints()).toEqual([])
  })

  test('a peer that restarted is greeted again at once', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const port = await freePort()
    const bob = await bootNode('bob.os', { directory, port })
    expect(await alice.hi('bob.os')).toBe('ack')
    await bob.stop()
    await until(() => alice.net.peers().length === 0, 'the link to be gone')
    await bootNode('bob.os', { directory, port, keys: bob.keys })
    expect(await alice.hi('bob.os')).toBe('ack')
  })

  test('a peer that failed is dialled again at its time, though somebody sets the clock back meanwhile', async () => {
    const directory = new Directory()
    let setBackMs = 0
    const now = (): number => Date.now() - setBackMs
    const alice = await bootNode('alice.os', { directory, now })
    const bob = { name: parseName('bob.os'), netKey: makeKeys().netKey }
    directory.publish({ ...bob, routing: { kind: 'direct', ip: '127.0.0.1', ports: { tcp: await freePort() } } })
    const beganMs = Date.now()
    alice.request('bob.os', utf8ToBytes('hello'))
    await until(() => alice.failures.length === 1, 'the first dial to fail')
    setBackMs = 3_600_000
    alice.request('bob.os', utf8ToBytes('hello'))
    await until(() => alice.failures.length === 2, 'the second dial to fail')
    // People are shown times by the clock as it is now.
    const sinceMs = alice.net.peers()[0]?.sinceMs ?? 0
    expect(sinceMs).toBeGreaterThanOrEqual(beganMs - setBackMs - 1)
    expect(sinceMs).toBeLessThanOrEqual(now() + 1)
  })

  test('beyond the bound the peer that was quiet for longest is let go, and comes back when needed', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory, maxPeers: 2 })
    const others: TestNode[] = []
    for (const name of ['a.os', 'b.os', 'c.os']) {
      const other = await bootNode(name, { directory })
      others.push(other)
      expect(await other.hi('alice.os')).toBe('ack')
      await sleep(5)
    }
    expect(alice.net.peers().map(({ name }) => name)).toEqual(['b.os', 'c.os'])
    await until(() => others[0]?.net.peers().length === 0, 'the first one to notice')
    expect(await others[0]?.hi('alice.os')).toBe('ack')
    expect(alice.net.peers().map(({ name }) => name)).toEqual(['a.os', 'c.os'])
  })

  test('a node that stops lets go of its port, its links and its peers', async () => {
    const directory = new Directory()
    const port = await freePort()
    const alice = await bootNode('alice.os', { directory, port })
    const bob = await bootNode('bob.os', { directory })
    expect(await bob.hi('alice.os')).toBe('ack')
    await alice.stop()
    await until(() => bob.net.peers().length === 0, 'the link to be gone')
    await bootNode('alice.os', { directory, port })
  })
})

describe('a node does not start', () => {
  test('when its port is taken', async () => {
    const directory = new Directory()
    const port = await freePort()
    await bootNode('alice.os', { directory, port })
    const error = await bootNode('bob.os', { directory, port }).then(
      () => undefined,
      (problem: NetError) => problem,
    )
    expect(error).toMatchObject({
      code: 'port-taken',
      message: `Cannot listen for other nodes on 127.0.0.1:${port}: another program has taken the port`,
      hint: 'stop that program, or publish another ~tcp-port for this node',
    })
  })
})

describe('keys that do not match', () => {
  test('a peer that does not know us is offline, with the reason', async () => {
    const known = new Directory()
    const bobsView = new Directory()
    const alice = await bootNode('alice.os', { directory: known })
    await bootNode('bob.os', { directory: bobsView, publishTo: [known] })
    expect(await alice.hi('bob.os')).toBe(
      "offline: bob.os closed the connection right after the handshake: it may not know this node's name or key yet",
    )
  })

  test('a name just minted is let in as soon as word of it arrives', async () => {
    const known = new Directory()
    const bobsView = new Directory()
    const alice = await bootNode('alice.os', { directory: known })
    await bootNode('bob.os', { directory: bobsView, publishTo: [known] })
    const answer = alice.hi('bob.os')
    await sleep(400)
    bobsView.publish(alice.identity)
    expect(await answer).toBe('ack')
  })

  test('somebody else at the address of a peer is not greeted', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const bob = await bootNode('bob.os', { directory })
    directory.publish({ ...bob.identity, netKey: makeKeys().netKey })
    expect(await alice.hi('bob.os')).toBe('offline: the peer does not hold the key that "bob.os" published onchain')
    directory.publish({ ...bob.identity, name: parseName('carol.os') })
    expect(await alice.hi('carol.os')).toBe('offline: the peer says it is "bob.os", expected "carol.os"')
  })

  test('a rotated key closes the link made with the old one, and both sides greet with the new one', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const port = await freePort()
    const before = await bootNode('bob.os', { directory, port })
    expect(await alice.hi('bob.os')).toBe('ack')
    directory.publish({ ...before.identity, netKey: makeKeys().netKey })
    await until(() => alice.net.peers().length === 0, 'the link to be closed')
    await before.stop()
    const after = await bootNode('bob.os', { directory, port })
    expect(await alice.hi('bob.os')).toBe('ack')
    expect(await after.hi('alice.os')).toBe('ack')
    expect(alice.complaints()).toEqual([])
  })

  test('a node that learns of a rotation late still greets, whoever begins', async () => {
    for (const begins of ['alice', 'bob'] as const) {
      const alicesView = new Directory()
      const bobsView = new Directory()
      const publishTo = [alicesView, bobsView]
      const alice = await bootNode('alice.os', { directory: alicesView, publishTo })
      const port = await freePort()
      const before = await bootNode('bob.os', { directory: bobsView, publishTo, port })
      await before.stop()
      const after = await bootNode('bob.os', { directory: bobsView, port })
      const answer = begins === 'alice' ? alice.hi('bob.os') : after.hi('alice.os')
      await sleep(400)
      alicesView.publish(after.identity)
      expect(await answer).toBe('ack')
      await stopAll()
    }
  })
})
