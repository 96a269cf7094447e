import { randomBytes } from 'node:crypto'
import { bytesToUtf8, parseName, utf8ToBytes } from '@hyperware/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../../../helpers/until.ts'
import { Directory, bootNode, connectRaw, greetingMessage, makeKeys, stopAll } from './network.ts'
import type { Keys, TestNode } from './network.ts'
import { ScriptedPeer } from './scripted-peer.ts'

afterEach(stopAll)

/** A node, and a peer it knows but that the test plays. */
async function nodeAndPeer(): Promise<{ node: TestNode; keys: Keys; directory: Directory }> {
  const directory = new Directory()
  const node = await bootNode('alice.os', { directory })
  const keys = makeKeys()
  directory.publish({
    name: parseName('mallory.os'),
    netKey: keys.netKey,
    routing: { kind: 'direct', ip: '127.0.0.1', ports: { tcp: 1 } },
  })
  return { node, keys, directory }
}

/** Still of use to honest peers: greets a fresh one. */
async function expectAlive(node: TestNode, directory: Directory): Promise<void> {
  const friend = await bootNode('friend.os', { directory })
  expect(await friend.hi(node.name)).toBe('ack')
}

function hi(text: string): ReturnType<typeof greetingMessage> {
  return greetingMessage('mallory.os', 'alice.os', utf8ToBytes(text))
}

function answerText(message: Awaited<ReturnType<ScriptedPeer['receive']>>): string {
  const text = bytesToUtf8(message.message.body)
  return text.ok ? text.value : text.problem
}

describe('before the handshake', () => {
  test.each([
    ['random bytes', () => randomBytes(5_000)],
    ['an HTTP request', () => Buffer.from('GET / HTTP/1.1\r\nHost: alice.os\r\n\r\n'.padEnd(70_000, 'x'))],
    ['an empty frame', () => Buffer.from([0, 0])],
    ['a frame of 33 bytes', () => Buffer.concat([Buffer.from([0, 33]), randomBytes(33)])],
    ['message 1 of all zeros', () => Buffer.concat([Buffer.from([0, 32]), Buffer.alloc(32)])],
    ['the greatest frame', () => Buffer.concat([Buffer.from([255, 255]), randomBytes(65_535)])],
  ])('%s: the connection is closed with one log line', async (_, bytes) => {
    const { node, directory } = await nodeAndPeer()
    const client = await connectRaw(node)
    client.socket.write(bytes())
    client.socket.end()
    await client.closed
    await until(() => node.complaints().length > 0, 'a log line')
    expect(node.complaints()).toMatchObject([{ event: 'handshake-failed', fields: { reason: expect.any(String) } }])
    await expectAlive(node, directory)
    expect(node.complaints()).toHaveLength(1)
  })

  test('silence is closed after five seconds', async () => {
    const { node } = await nodeAndPeer()
    const start = Date.now()
    const client = await connectRaw(node)
    await client.closed
    expect(Date.now() - start).toBeGreaterThanOrEqual(4_900)
    expect(node.complaints()).toMatchObject([
      { fields: { reason: 'the handshake did not finish within 5 s (awaiting-first-frame)' } },
    ])
  })

  test('a flood of silent connections is cut off at the bound, with one line, and greetings go on', async () => {
    const { node, directory } = await nodeAndPeer()
    const clients = await Promise.all(Array.from({ length: 90 }, () => connectRaw(node)))
    await until(() => clients.filter((client) => client.isClosed()).length >= 26, 'the refusals')
    expect(clients.filter((client) => client.isClosed())).toHaveLength(26)
    await until(() => node.complaints().length > 0, 'the report')
    expect(node.complaints()).toEqual([
      {
        level: 'warn',
        event: 'connections-refused',
        fields: { count: 26, reason: 'too many handshakes under way' },
      },
    ])
    for (const client of clients) client.socket.destroy()
    await until(() => node.complaints().length === 65, 'the others to be noticed')
    await expectAlive(node, directory)
  })
})

describe('during the handshake', () => {
  test.each([
    ['garbage for message 3', (peer: ScriptedPeer, keys: Keys) => ({ peer, keys, change: randomBytes(100) })],
    ['an empty payload', (peer: ScriptedPeer, keys: Keys) => ({ peer, keys, change: new Uint8Array(0) })],
    ['protocol version 2', (peer: ScriptedPeer, keys: Keys) => ({ peer, keys, change: { protocolVersion: 2 } })],
    ['a short signature', (peer: ScriptedPeer, keys: Keys) => ({ peer, keys, change: { signature: randomBytes(64) } })],
    ['a name nobody knows', (peer: ScriptedPeer, keys: Keys) => ({ peer, keys, change: { name: 'ghost.os' } })],
    ['the name of the node itself', (peer: ScriptedPeer, keys: Keys) => ({ peer, keys, change: { name: 'alice.os' } })],
    ['another key', (peer: ScriptedPeer) => ({ peer, keys: makeKeys(), change: {} })],
  ])('%s: the connection is closed with one log line', async (_, script) => {
    const { node, keys, directory } = await nodeAndPeer()
    const { peer, keys: used, change } = script(await ScriptedPeer.connect(node), keys)
    await peer.shakeHands('mallory.os', used, change)
    await peer.client.closed
    expect(node.complaints()).toMatchObject([{ event: 'handshake-failed', fields: { reason: expect.any(String) } }])
    expect(node.net.peers()).toEqual([])
    await expectAlive(node, directory)
  })

  test('raw garbage after message 2 is closed with one log line', async () => {
    const { node } = await nodeAndPeer()
    const peer = await ScriptedPeer.connect(node)
    peer.writeFrames(randomBytes(32))
    await peer.frame()
    peer.client.socket.write(randomBytes(70_000))
    await peer.client.closed
    expect(node.complaints()).toHaveLength(1)
    expect(node.complaints()[0]?.fields['reason']).toMatch(/^message 3 (has|does not decrypt)/)
  })

  test('a payload as a map, or with bytes after it, is taken', async () => {
    const { node, keys } = await nodeAndPeer()
    const trailing = await ScriptedPeer.connect(node)
    await trailing.shakeHands('mallory.os', keys, (payload) => Buffer.concat([payload, Buffer.from([1, 2, 3])]))
    trailing.send(hi('with trailing bytes'))
    expect(answerText(await trailing.receive())).toBe('ack')
    const mapped = await ScriptedPeer.connect(node)
    await mapped.shakeHands('mallory.os', keys, asMap)
    mapped.send(hi('as a map'))
    expect(answerText(await mapped.receive())).toBe('ack')
  })
})

/** Turns the array form of a handshake payload into the map form. */
function asMap(payload: Uint8Array): Uint8Array {
  const nameEnd = 3 + ((payload[2] ?? 0) & 0x1f)
  return Buffer.concat([
    Buffer.from([0x84]),
    shortText('protocol_version'),
    payload.subarray(1, 2),
    shortText('name'),
    payload.subarray(2, nameEnd),
    shortText('signature'),
    payload.subarray(nameEnd, -1),
    shortText('proxy_request'),
    payload.subarray(-1),
  ])
}

/** A MessagePack string of fewer than 32 bytes. */
function shortText(text: string): Uint8Array {
  return Buffer.concat([Buffer.from([0xa0 | text.length]), Buffer.from(text)])
}

describe('after the handshake', () => {
  test('any chunk sizes are taken', async () => {
    const { node, keys } = await nodeAndPeer()
    const peer = await ScriptedPeer.connect(node)
    await peer.shakeHands('mallory.os', keys)
    for (const size of [1, 7, 1_000, 65_519]) {
      const message = hi('x'.repeat(3_000))
      peer.send(message, size)
      const answer = await peer.receive()
      expect(answer.id).toBe(message.id)
      expect(answerText(answer)).toBe('ack')
    }
    expect(node.complaints()).toEqual([])
  })

  test.each([
    ['random bytes', (peer: ScriptedPeer) => peer.client.socket.write(randomBytes(100_000))],
    ['a length beyond the maximum', (peer: ScriptedPeer) => peer.client.socket.write(Buffer.from('ffffffff', 'hex'))],
    [
      'a changed chunk',
      (peer: ScriptedPeer) => {
        const [chunk = new Uint8Array(0)] = peer.seal(randomBytes(100))
        chunk[50] = (chunk[50] ?? 0) ^ 1
        peer.client.socket.write(Buffer.concat([Buffer.from([0, 0, 0, 100, 0, 116]), chunk]))
      },
    ],
    [
      'a chunk that runs past the announced length',
      (peer: ScriptedPeer) =>
        peer.client.socket.write(Buffer.concat([Buffer.from([0, 0, 0, 50, 0, 116]), ...peer.seal(randomBytes(100))])),
    ],
    ['a message that does not decode', (peer: ScriptedPeer) => peer.sendEncoded(randomBytes(1_000))],
    ['a spoofed source', (peer: ScriptedPeer) => peer.send(greetingMessage('bob.os', 'alice.os', randomBytes(3)))],
  ])('%s: the link is closed with one log line', async (_, misbehave) => {
    const { node, keys, directory } = await nodeAndPeer()
    const peer = await ScriptedPeer.connect(node)
    await peer.shakeHands('mallory.os', keys)
    peer.send(hi('still honest'))
    await peer.receive()
    misbehave(peer)
    await peer.client.closed
    expect(node.complaints()).toMatchObject([
      { event: 'link-broken', fields: { peer: 'mallory.os', reason: expect.any(String) } },
    ])
    expect(node.net.peers()).toEqual([])
    await expectAlive(node, directory)
  })

  test('a message for a third node is dropped and the link goes on', async () => {
    const { node, keys } = await nodeAndPeer()
    const peer = await ScriptedPeer.connect(node)
    await peer.shakeHands('mallory.os', keys)
    peer.send(greetingMessage('mallory.os', 'bob.os', utf8ToBytes('pass it on')))
    const message = hi('hello')
    peer.send(message)
    expect((await peer.receive()).id).toBe(message.id)
    expect(node.logs.filter(({ event }) => event === 'message-dropped')).toHaveLength(1)
  })

  test('a greeting that wants its answer sent to our own processes is answered to its sender', async () => {
    const { node, keys } = await nodeAndPeer()
    const peer = await ScriptedPeer.connect(node)
    await peer.shakeHands('mallory.os', keys)
    const message = hi('hello')
    const source = message.source
    peer.send({ ...message, rsvp: { node: 'alice.os', process: source.process } })
    expect((await peer.receive()).target).toEqual(source)
    expect(node.delivered).toEqual([])
  })

  test('bytes that are not UTF-8, actions and nothing at all are greetings too', async () => {
    const { node, keys } = await nodeAndPeer()
    const peer = await ScriptedPeer.connect(node)
    await peer.shakeHands('mallory.os', keys)
    for (const body of [
      Uint8Array.of(0xff, 0xfe),
      new Uint8Array(0),
      utf8ToBytes('\u00a8GetPeers'),
      Buffer.from('a84765745065657273', 'hex'),
    ]) {
      peer.send(greetingMessage('mallory.os', 'alice.os', body))
      expect(answerText(await peer.receive())).toBe('ack')
    }
  })

  test('a peer that announces much and sends little holds little memory', async () => {
    const { node, keys } = await nodeAndPeer()
    const peer = await ScriptedPeer.connect(node)
    await peer.shakeHands('mallory.os', keys)
    await until(() => node.net.peers().some(({ state }) => state === 'connected'), 'the link')
    const before = process.memoryUsage().arrayBuffers
    peer.client.socket.write(Buffer.from([0, 0x9f, 0, 0]))
    for (const chunk of peer.seal(randomBytes(3_000), 1)) {
      peer.client.socket.write(Buffer.concat([Buffer.from([0, chunk.length]), chunk]))
    }
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000)
    expect(node.net.peers()).toMatchObject([{ name: 'mallory.os', state: 'connected' }])
  })
})

test('forty peers saying random things at every stage leave the node as it was', async () => {
  const { node, keys, directory } = await nodeAndPeer()
  const clients: ScriptedPeer[] = []
  for (let turn = 0; turn < 40; turn++) {
    const peer = await ScriptedPeer.connect(node)
    clients.push(peer)
    const stage = turn % 4
    if (stage >= 1) peer.writeFrames(randomBytes(32))
    if (stage >= 2) await peer.frame()
    if (stage === 3) {
      const other = await ScriptedPeer.connect(node)
      clients.push(other)
      await other.shakeHands('mallory.os', keys)
      other.client.socket.write(randomBytes(1 + ((turn * 977) % 200_000)))
      other.client.socket.end()
    }
    peer.client.socket.write(randomBytes(1 + ((turn * 733) % 80_000)))
    peer.client.socket.end()
  }
  await Promise.all(clients.map(({ client }) => client.closed))
  await until(() => node.net.peers().length === 0, 'every link to be gone')
  await expectAlive(node, directory)
  expect(node.complaints().length).toBeLessThanOrEqual(clients.length)
})
