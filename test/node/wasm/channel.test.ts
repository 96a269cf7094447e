import { type Blob, type Capability, parseAddress } from '@hyperware/protocol'
import { expect, test } from 'vitest'
import { copyInTurns, PIECE_BYTES } from '../../../node/kernel/copy-in-turns.ts'
import type { GuestAnswer, GuestEvent, GuestRequest, GuestResponse } from '../../../node/kernel/guest.ts'
import {
  packAnswer,
  packThreadMessage,
  type ThreadMessage,
  unpackAnswer,
  unpackThreadMessage,
} from '../../../node/wasm/channel.ts'
import { createLanding } from '../../../node/wasm/landing.ts'
import type { Packed } from '../../../node/wasm/packing.ts'

const SOURCE = parseAddress('alice.os@main:app:pub.os')
const CAPABILITY: Capability = { issuer: SOURCE, params: '"messaging"' }
const PHOTO: Blob = { mime: 'image/png', bytes: Uint8Array.of(1, 2, 3) }
const RAW: Blob = { mime: undefined, bytes: new Uint8Array() }

const RESPONSE: GuestResponse = {
  inherit: true,
  body: Uint8Array.of(4, 5),
  metadata: 'text',
  capabilities: [CAPABILITY, CAPABILITY],
  blob: PHOTO,
}
const BARE: GuestResponse = {
  inherit: false,
  body: new Uint8Array(),
  metadata: undefined,
  capabilities: [],
  blob: undefined,
}
// A guest may write what it likes into the parts of an address, separators included.
const REQUEST: GuestRequest = {
  ...RESPONSE,
  target: { node: 'a@b', process: { process: 'c:d', package: '', publisher: '@' } },
  expectsResponse: 2n ** 64n - 1n,
}
const BARE_REQUEST: GuestRequest = { ...BARE, target: SOURCE, expectsResponse: undefined, blob: RAW }
const { target: _, ...RECEIVED } = REQUEST
const CONTEXT = Uint8Array.of(6)

/** As a thread receives it, when no copy has to be made before. */
function cross({ values, buffers, copies }: Packed): Packed['values'] {
  expect(copies).toEqual([])
  return structuredClone(values, { transfer: buffers })
}

const SPAWN = {
  name: 'child',
  wasmPath: '/app:pub.os/pkg/child.wasm',
  onExit: { kind: 'requests', requests: [REQUEST] },
  requestCapabilities: [CAPABILITY],
  grantCapabilities: [{ to: SOURCE.process, params: '"x"' }],
  public: true,
} as const

const MESSAGES: readonly ThreadMessage[] = [
  {
    kind: 'act',
    cost: 0,
    action: {
      kind: 'send',
      requests: [
        { request: REQUEST, context: CONTEXT },
        { request: BARE_REQUEST, context: undefined },
      ],
    },
  },
  { kind: 'act', cost: 5, action: { kind: 'respond', response: RESPONSE } },
  { kind: 'act', cost: 5, action: { kind: 'respond', response: BARE } },
  { kind: 'act', cost: 7, action: { kind: 'print', verbosity: 255, text: 'grüße\u0000' } },
  { kind: 'act', cost: 7, action: { kind: 'set-on-exit', onExit: { kind: 'none' } } },
  {
    kind: 'act',
    cost: 7,
    action: { kind: 'set-on-exit', onExit: { kind: 'requests', requests: [REQUEST, BARE_REQUEST] } },
  },
  { kind: 'act', cost: 7, action: { kind: 'save-capabilities', capabilities: [CAPABILITY] } },
  { kind: 'act', cost: 7, action: { kind: 'drop-capabilities', capabilities: [] } },
  { kind: 'ask', question: { kind: 'receive' } },
  { kind: 'ask', question: { kind: 'get-state' } },
  { kind: 'ask', question: { kind: 'clear-state' } },
  { kind: 'ask', question: { kind: 'get-on-exit' } },
  { kind: 'ask', question: { kind: 'our-capabilities' } },
  { kind: 'ask', question: { kind: 'set-state', bytes: Uint8Array.of(1) } },
  { kind: 'ask', question: { kind: 'send-and-await', request: REQUEST } },
  { kind: 'ask', question: { kind: 'spawn', spawn: SPAWN } },
  { kind: 'ask', question: { kind: 'spawn', spawn: { ...SPAWN, name: undefined, onExit: { kind: 'restart' } } } },
  { kind: 'hold', bytes: 4_294_967_296 },
  { kind: 'exited', exit: { kind: 'returned' } },
  { kind: 'exited', exit: { kind: 'trapped', reason: 'unreachable' } },
]

test.for(MESSAGES.map((message) => ({ message, name: nameOf(message) })))(
  '$name reaches the node unchanged',
  ({ message }) => {
    expect(unpackThreadMessage(cross(packThreadMessage(structuredClone(message))))).toStrictEqual(message)
  },
)

function nameOf(message: ThreadMessage): string {
  if (message.kind === 'act') return message.action.kind
  if (message.kind === 'ask') return message.question.kind
  return message.kind === 'hold' ? 'hold' : `exited, ${message.exit.kind},`
}

const EVENTS: readonly GuestEvent[] = [
  { kind: 'request', source: SOURCE, request: RECEIVED },
  { kind: 'response', source: SOURCE, response: RESPONSE, context: CONTEXT },
  { kind: 'response', source: SOURCE, response: BARE, context: undefined },
  {
    kind: 'send-error',
    error: 'offline',
    target: SOURCE,
    message: { kind: 'request', request: RECEIVED },
    blob: PHOTO,
    context: CONTEXT,
  },
  {
    kind: 'send-error',
    error: 'timeout',
    target: SOURCE,
    message: { kind: 'response', response: BARE },
    blob: undefined,
    context: undefined,
  },
]

const ANSWERS: readonly GuestAnswer[] = [
  ...EVENTS.map((event): GuestAnswer => ({ kind: 'event', event })),
  { kind: 'state', bytes: undefined },
  { kind: 'state', bytes: new Uint8Array() },
  { kind: 'done' },
  { kind: 'on-exit', onExit: { kind: 'restart' } },
  { kind: 'on-exit', onExit: { kind: 'requests', requests: [REQUEST] } },
  { kind: 'capabilities', capabilities: [CAPABILITY] },
  { kind: 'spawned', id: SOURCE.process },
  { kind: 'not-spawned', error: 'name-taken' },
  { kind: 'trap', reason: 'state took longer than 5 s' },
]

test.for(ANSWERS.map((answer) => ({ answer, name: answer.kind })))(
  'the answer $name reaches the guest unchanged',
  ({ answer }) => {
    expect(unpackAnswer(cross(packAnswer(answer, createLanding())))).toStrictEqual(answer)
  },
)

test('bytes on their way out of a guest are handed over when they are long', () => {
  const long = new Uint8Array(1_000_000).fill(7)
  const short = Uint8Array.of(1, 2, 3)
  const action = {
    kind: 'respond',
    response: { ...BARE, body: long, blob: { mime: undefined, bytes: short } },
  } as const
  const received = unpackThreadMessage(cross(packThreadMessage({ kind: 'act', cost: 0, action })))
  expect(received).toMatchObject({ action: { response: { blob: { bytes: short } } } })
  expect(long.length, 'no longer here').toBe(0)
})

/** The answer `event` with a response. */
function answerWith(response: Partial<GuestResponse>): GuestAnswer {
  return {
    kind: 'event',
    event: { kind: 'response', source: SOURCE, response: { ...BARE, ...response }, context: undefined },
  }
}

test.for([1_000_000, 3_000_000, 50_000_000])('what is said stays with the kernel: %d bytes', async (length) => {
  const body = new Uint8Array(length).fill(7)
  const blob = { mime: undefined, bytes: new Uint8Array(length).fill(8) }
  const { copies, ...packed } = packAnswer(answerWith({ body, blob }), createLanding())
  for (const copy of copies) await copyInTurns(copy)
  const received = unpackAnswer(cross({ ...packed, copies: [] }))
  expect([body.length, blob.bytes.length]).toEqual([length, length])
  if (received.kind !== 'event' || received.event.kind !== 'response') throw new Error(`it is ${received.kind}`)
  const { response } = received.event
  expect(Buffer.compare(response.body, body)).toBe(0)
  expect(Buffer.compare(response.blob?.bytes ?? new Uint8Array(), blob.bytes)).toBe(0)
})

test('only bytes too long to be copied in one go are left to be copied in turns', () => {
  const body = new Uint8Array(PIECE_BYTES)
  const blob = { mime: undefined, bytes: new Uint8Array(PIECE_BYTES + 1) }
  const { copies } = packAnswer(answerWith({ body, blob }), createLanding())
  expect(copies.map(({ from }) => from.length)).toEqual([PIECE_BYTES + 1])
})

test.for([1_000_000, 50_000_000])('a state is handed over without a copy: %d bytes', (length) => {
  const state = new Uint8Array(length).fill(7)
  const received = unpackAnswer(cross(packAnswer({ kind: 'state', bytes: state }, createLanding())))
  expect(state.length, 'no longer here').toBe(0)
  expect(received.kind === 'state' && received.bytes?.[length - 1]).toBe(7)
})

test("a blob is the receiver's own: the next answer does not write over it", () => {
  const landing = createLanding()
  const eventWith = (byte: number): GuestAnswer => {
    const blob = { mime: undefined, bytes: new Uint8Array(100_000).fill(byte) }
    return answerWith({ body: new Uint8Array(100_000).fill(byte), blob })
  }
  const first = unpackAnswer(cross(packAnswer(eventWith(1), landing)))
  unpackAnswer(cross(packAnswer(eventWith(2), landing)))
  const response = first.kind === 'event' && first.event.kind === 'response' ? first.event.response : BARE
  expect(response.blob?.bytes[99_999]).toBe(1)
})

test('a part of a large buffer goes without the rest of it', () => {
  const frame = new Uint8Array(1_000_000)
  const { values } = packAnswer({ kind: 'state', bytes: frame.subarray(100, 110) }, createLanding())
  const sent = values.find((value) => value instanceof Uint8Array)
  expect(sent?.buffer.byteLength).toBe(10)
})
