import { bytesToHex, encodeKernelMessage, formatAddress, hexToBytes, parseAddress } from '@hyperware/protocol'
import type { Hex, KernelMessage } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { accepted, deadlineOf, dialing, step, wants } from '../../../../node/modules/net/connection.ts'
import type {
  ConnectionContext,
  ConnectionEffect,
  ConnectionEvent,
  ConnectionState,
  DialRole,
} from '../../../../node/modules/net/connection-state.ts'
import { nodeCrypto } from '../../../../node/modules/net/crypto-node.ts'
import { messageParts } from '../../../../node/modules/net/framing.ts'
import { recordedKeys, vectors } from './vectors.ts'

const NOW = 1_000_000

const netKeys: Record<string, Hex> = {
  'alice.os': vectors.initiator.netKey as Hex,
  'bob.os': vectors.responder.netKey as Hex,
}

const aliceContext = contextOf('initiator')
const bobContext = contextOf('responder')

function contextOf(role: 'initiator' | 'responder'): ConnectionContext {
  const { name, netKeySeed } = vectors[role]
  return {
    suite: nodeCrypto,
    self: { name, netKeySeed: hexToBytes(netKeySeed) },
    findNetKey: (other) => netKeys[other],
    routes: false,
  }
}

const toBob: DialRole = {
  kind: 'direct',
  peer: { name: 'bob.os', netKey: vectors.responder.netKey as Hex },
  proxyRequest: false,
}

/** One side of a connection, with everything it wanted done. */
type Side = { context: ConnectionContext; state: ConnectionState; effects: ConnectionEffect[] }

function feed(side: Side, event: ConnectionEvent, nowMs = NOW): Side {
  const { state, effects } = step(side.context, side.state, event, nowMs)
  return { ...side, state, effects: [...effects] }
}

function frames(side: Side): Uint8Array[] {
  return side.effects.flatMap((effect) => (effect.kind === 'write-frames' ? effect.frames : []))
}

function closing(side: Side): string | undefined {
  return side.effects.flatMap((effect) => (effect.kind === 'close' ? [effect.reason] : []))[0]
}

function kinds(side: Side): string[] {
  return side.effects.map(({ kind }) => kind)
}

function frame(bytes: Uint8Array | undefined): ConnectionEvent {
  return { kind: 'frame', bytes: bytes ?? new Uint8Array(0) }
}

function aliceDialling(role: DialRole = toBob): Side {
  return { context: aliceContext, state: dialing(role, recordedKeys(nodeCrypto, 'initiator'), NOW), effects: [] }
}

function bobAccepting(context = bobContext): Side {
  return { context, state: accepted(recordedKeys(nodeCrypto, 'responder'), NOW), effects: [] }
}

/** Both sides of the recorded handshake, established. */
function shakeHands(): { alice: Side; bob: Side } {
  const alice1 = feed(aliceDialling(), { kind: 'opened' })
  const bob2 = feed(bobAccepting(), frame(frames(alice1)[0]))
  const alice = feed(alice1, frame(frames(bob2)[0]))
  const bob = feed(bob2, frame(frames(alice)[0]))
  return { alice, bob }
}

/** What arrives at `to` when `from` sends the encoded message in chunks of its own choosing. */
function transmit(from: Side, to: Side, encoded: Uint8Array): { from: Side; to: Side } {
  const sent = feed(from, { kind: 'send', encoded })
  let received = to
  for (const effect of sent.effects) {
    if (effect.kind !== 'write-message') continue
    received = feed(received, { kind: 'total', total: effect.total })
    for (const bytes of effect.chunks) received = feed(received, { kind: 'chunk', bytes })
  }
  return { from: sent, to: received }
}

function messageFrom(source: string, target: string): KernelMessage {
  return {
    id: 1n,
    source: parseAddress(source),
    target: parseAddress(target),
    rsvp: undefined,
    message: {
      kind: 'request',
      inherit: false,
      expectsResponse: undefined,
      body: Uint8Array.of(1),
      metadata: undefined,
      capabilities: [],
    },
    blob: undefined,
  }
}

describe('the recorded exchange', () => {
  test('is what two connections say to each other, byte for byte', () => {
    const alice1 = feed(aliceDialling(), { kind: 'opened' })
    expect(frames(alice1).map(bytesToHex)).toEqual([vectors.messages.message1])
    const bob2 = feed(bobAccepting(), frame(frames(alice1)[0]))
    expect(frames(bob2).map(bytesToHex)).toEqual([vectors.messages.message2])
    const alice3 = feed(alice1, frame(frames(bob2)[0]))
    expect(frames(alice3).map(bytesToHex)).toEqual([vectors.messages.message3])
    expect(alice3.effects.at(-1)).toEqual({ kind: 'authenticated', peer: 'bob.os', proxyRequest: false })
    const bob4 = feed(bob2, frame(frames(alice3)[0]))
    expect(bob4.effects).toEqual([{ kind: 'authenticated', peer: 'alice.os', proxyRequest: false }])

    const greeting = transmit(alice3, bob4, hexToBytes(vectors.greeting.plaintext))
    expect(written(greeting.from)).toBe(vectors.greeting.tcp)
    expect(delivered(greeting.to)).toBe('alice.os@hi:terminal:sys -> bob.os@net:distro:sys')
    const answer = transmit(greeting.to, greeting.from, hexToBytes(vectors.answer.plaintext))
    expect(written(answer.from)).toBe(vectors.answer.tcp)
    expect(delivered(answer.to)).toBe('bob.os@net:distro:sys -> alice.os@hi:terminal:sys')
  })

  test('opens with the recorded routing request when a router is between', () => {
    const { routingRequest } = vectors
    const role: DialRole = {
      kind: 'routed',
      peer: { name: routingRequest.target, netKey: vectors.responder.netKey as Hex },
      router: routingRequest.router,
    }
    const alice = feed(aliceDialling(role), { kind: 'opened' })
    expect(frames(alice).map(bytesToHex)).toEqual([routingRequest.encoded, vectors.messages.message1])
    const answer = feed(aliceDialling({ ...role, kind: 'answer' }), { kind: 'opened' })
    expect(frames(answer).map(bytesToHex)).toEqual([routingRequest.encoded])
    expect(answer.state.kind).toBe('awaiting-message-1')
  })
})

function written(side: Side): string {
  const parts = side.effects.flatMap((effect) =>
    effect.kind === 'write-message' ? messageParts(effect.total, effect.chunks) : [],
  )
  return bytesToHex(Buffer.concat(parts))
}

function delivered(side: Side): string {
  return side.effects
    .flatMap((effect) => (effect.kind === 'deliver' ? [effect.message] : []))
    .map(({ source, target }) => `${formatAddress(source)} -> ${formatAddress(target)}`)
    .join()
}

describe('a handshake is refused', () => {
  test('when the first frame is neither message 1 nor a routing request', () => {
    expect(closing(feed(bobAccepting(), frame(new Uint8Array(31))))).toMatch(
      /^the first frame \(31 bytes\) opens no handshake and no route: /,
    )
  })

  test('when it asks for a route and the node routes for nobody', () => {
    const request = hexToBytes(vectors.routingRequest.encoded)
    expect(closing(feed(bobAccepting(), frame(request)))).toBe(
      'asked for a route to "dave.os", but this node routes for nobody',
    )
  })

  test('when the peer gives another name than the one we dialled', () => {
    const peer = { name: 'carol.os', netKey: vectors.responder.netKey as Hex }
    const alice = feed(aliceDialling({ ...toBob, peer }), { kind: 'opened' })
    const bob = feed(bobAccepting(), frame(frames(alice)[0]))
    expect(closing(feed(alice, frame(frames(bob)[0])))).toBe('the peer says it is "bob.os", expected "carol.os"')
  })

  test('when the peer holds another key than the one we know', () => {
    const peer = { name: 'bob.os', netKey: vectors.initiator.netKey as Hex }
    const alice = feed(aliceDialling({ ...toBob, peer }), { kind: 'opened' })
    const bob = feed(bobAccepting(), frame(frames(alice)[0]))
    expect(closing(feed(alice, frame(frames(bob)[0])))).toBe(
      'the peer does not hold the key that "bob.os" published onchain',
    )
  })

  test('when it is not finished in five seconds, in any state', () => {
    const opened = feed(aliceDialling(), { kind: 'opened' })
    const answered = feed(bobAccepting(), frame(frames(opened)[0]))
    for (const [side, reason] of [
      [aliceDialling(), 'the connection did not open within 5 s'],
      [opened, 'the handshake did not finish within 5 s (awaiting-message-2)'],
      [bobAccepting(), 'the handshake did not finish within 5 s (awaiting-first-frame)'],
      [answered, 'the handshake did not finish within 5 s (awaiting-message-3)'],
    ] as const) {
      expect(deadlineOf(side.state)).toBe(NOW + 5_000)
      expect(feed(side, { kind: 'timer' }, NOW + 4_999).effects).toEqual([])
      expect(closing(feed(side, { kind: 'timer' }, NOW + 5_000))).toBe(reason)
    }
  })
})

describe('an initiator that is not known yet', () => {
  const unknowing: ConnectionContext = { ...bobContext, findNetKey: () => undefined }

  function waitingBob(): Side {
    const alice1 = feed(aliceDialling(), { kind: 'opened' })
    const bob2 = feed(bobAccepting(unknowing), frame(frames(alice1)[0]))
    const alice3 = feed(alice1, frame(frames(bob2)[0]))
    return feed(bob2, frame(frames(alice3)[0]))
  }

  test('waits without being read from, and is refused after two seconds', () => {
    const bob = waitingBob()
    expect(bob.state.kind).toBe('awaiting-identity')
    expect(bob.effects).toEqual([])
    expect(wants(bob.state)).toBe('nothing')
    expect(deadlineOf(bob.state)).toBe(NOW + 2_000)
    expect(closing(feed(bob, { kind: 'timer' }, NOW + 2_000))).toBe(
      'message 3 comes from "alice.os", which is not known',
    )
  })

  test('is let in when its identity arrives', () => {
    const bob = { ...waitingBob(), context: bobContext }
    expect(feed(bob, { kind: 'identity-changed', name: 'carol.os' }).effects).toEqual([])
    expect(kinds(feed(bob, { kind: 'identity-changed', name: 'alice.os' }))).toEqual(['authenticated'])
  })
})

describe('an established link', () => {
  test('is closed when a message claims another source', () => {
    const { alice, bob } = shakeHands()
    const spoofed = encodeKernelMessage(messageFrom('carol.os@hi:terminal:sys', 'bob.os@net:distro:sys'))
    expect(closing(transmit(alice, bob, spoofed).to)).toBe('a message claims to come from "carol.os@hi:terminal:sys"')
  })

  test('is closed when a message comes from a process that no node may run', () => {
    const { alice, bob } = shakeHands()
    const unsafe = encodeKernelMessage(messageFrom('alice.os@hi_there:terminal:sys', 'bob.os@net:distro:sys'))
    expect(closing(transmit(alice, bob, unsafe).to)).toBe(
      'a message comes from process "alice.os@hi_there:terminal:sys", which no node may run',
    )
  })

  test('drops a message for a third node and goes on', () => {
    const { alice, bob } = shakeHands()
    const foreign = encodeKernelMessage(messageFrom('alice.os@hi:terminal:sys', 'carol.os@net:distro:sys'))
    const after = transmit(alice, bob, foreign)
    expect(after.to.effects).toEqual([{ kind: 'drop', reason: 'a message is addressed to "carol.os@net:distro:sys"' }])
    const ours = encodeKernelMessage(messageFrom('alice.os@hi:terminal:sys', 'our@net:distro:sys'))
    expect(delivered(transmit(after.from, after.to, ours).to)).toBe('alice.os@hi:terminal:sys -> bob.os@net:distro:sys')
  })

  test('is closed by a message that does not decode, by a wrong length and by a changed chunk', () => {
    const { alice, bob } = shakeHands()
    expect(closing(transmit(alice, bob, Uint8Array.of(0xc1)).to)).toMatch(/^a message of 1 bytes does not decode: /)
    for (const total of [0, 10_485_801, 0xffff_ffff]) {
      expect(closing(feed(bob, { kind: 'total', total }))).toBe(
        `a message of ${total} bytes was announced, expected 1 to 10485800`,
      )
    }
    const half = feed(bob, { kind: 'total', total: 10 })
    expect(closing(feed(half, { kind: 'chunk', bytes: new Uint8Array(26) }))).toBe(
      'a chunk of 26 bytes does not decrypt',
    )
    expect(closing(feed(half, { kind: 'chunk', bytes: new Uint8Array(3) }))).toBe('a chunk of 3 bytes does not decrypt')
  })

  test('cuts a long message in chunks of 65,519 bytes and puts it together again', () => {
    const { alice, bob } = shakeHands()
    const long: KernelMessage = {
      ...messageFrom('alice.os@hi:terminal:sys', 'bob.os@net:distro:sys'),
      blob: { mime: undefined, bytes: new Uint8Array(200_000).fill(1) },
    }
    const { from, to } = transmit(alice, bob, encodeKernelMessage(long))
    const [write] = from.effects
    expect(write?.kind === 'write-message' && write.chunks.map(({ length }) => length)).toEqual([
      65_535,
      65_535,
      65_535,
      expect.any(Number),
    ])
    const [effect] = to.effects
    expect(effect?.kind === 'deliver' && effect.message.blob?.bytes.length).toBe(200_000)
  })

  test('is closed after half an hour without a message, counted from the last one', () => {
    const { alice, bob } = shakeHands()
    expect(deadlineOf(bob.state)).toBe(NOW + 1_800_000)
    const spoken = feed(alice, { kind: 'send', encoded: Uint8Array.of(1) }, NOW + 1_000_000)
    expect(feed(spoken, { kind: 'timer' }, NOW + 1_800_000).effects).toEqual([])
    expect(closing(feed(spoken, { kind: 'timer' }, NOW + 2_800_000))).toBe('nothing was said for 1800 s')
  })

  test('ignores events that come late', () => {
    const { alice } = shakeHands()
    const closed = feed(alice, { kind: 'total', total: 0 })
    for (const event of [
      { kind: 'opened' },
      frame(new Uint8Array(32)),
      { kind: 'chunk', bytes: new Uint8Array(20) },
      { kind: 'send', encoded: Uint8Array.of(1) },
      { kind: 'timer' },
    ] as const) {
      expect(feed(closed, event).effects).toEqual([])
    }
  })
})
