import type { Blob, ProcessAddress } from '@hyperware/protocol'
import { CAPABILITIES_MAX, parseAddress } from '@hyperware/protocol'
import { expect, test } from 'vitest'
import { CALL_TEXT_MAX_CHARACTERS, ON_EXIT_MAX } from '../../../node/kernel/limits.ts'
import type { GuestAction, GuestAnswer, GuestEvent, GuestQuestion, GuestRequest } from '../../../node/kernel/guest.ts'
import { createStandardHost, type KernelCalls, PRINT_MAX_CHARACTERS } from '../../../node/wasm/standard-host.ts'
import type { StandardHost } from '../../../node/wasm/standard.ts'

const OUR = parseAddress('alice.os@main:app:pub.os')
const OTHER = parseAddress('alice.os@other:app:pub.os')
const PHOTO: Blob = { mime: 'image/png', bytes: Uint8Array.of(1, 2, 3) }

function request(fields: Partial<GuestRequest> = {}): GuestRequest {
  const body = new TextEncoder().encode('hello')
  const plain = { inherit: false, expectsResponse: undefined, metadata: undefined, capabilities: [], blob: undefined }
  return { target: OTHER, body, ...plain, ...fields }
}

const requestEvent = (blob?: Blob): GuestEvent => ({ kind: 'request', source: OTHER, request: request({ blob }) })
const responseEvent = (blob?: Blob): GuestEvent => {
  const { body, metadata, capabilities } = request()
  return {
    kind: 'response',
    source: OTHER,
    response: { inherit: false, body, metadata, capabilities, blob },
    context: undefined,
  }
}
const errorEvent = (blob?: Blob): GuestEvent => ({
  kind: 'send-error',
  error: 'timeout',
  target: OTHER,
  message: { kind: 'request', request: request() },
  blob,
  context: undefined,
})

type Heard = { acts: GuestAction[]; costs: number[]; questions: GuestQuestion[] }

/** A host whose kernel gives the answers in order, at once or, as stacks that are put aside see it, later. */
function host(answers: readonly (GuestAnswer | GuestEvent)[], later = false): StandardHost & { heard: Heard } {
  const heard: Heard = { acts: [], costs: [], questions: [] }
  const left = answers.map((one): GuestAnswer => (isEvent(one) ? { kind: 'event', event: one } : one))
  const calls: KernelCalls = {
    act: (action, cost) => {
      heard.acts.push(action)
      heard.costs.push(cost)
      return later ? Promise.resolve() : undefined
    },
    ask: (question, cost, then) => {
      heard.questions.push(question)
      heard.costs.push(cost)
      const answer = left.shift() ?? { kind: 'trap', reason: 'no answer left' }
      return later ? Promise.resolve(answer).then(then) : then(answer)
    },
  }
  return { ...createStandardHost(calls, OUR), heard }
}

function isEvent(one: GuestAnswer | GuestEvent): one is GuestEvent {
  return one.kind === 'request' || one.kind === 'response' || one.kind === 'send-error'
}

/** What the guest sees of blobs: whether the message has one, that one, and the last there was. */
function blobs({ hasBlob, getBlob, lastBlob }: StandardHost): unknown[] {
  return [hasBlob(), getBlob(), lastBlob()]
}

test('a process knows its own address', () => {
  expect(host([]).our()).toBe(OUR)
})

test.for([
  { name: 'a request with a blob', events: [requestEvent(PHOTO)], seen: [true, PHOTO, PHOTO] },
  { name: 'no message yet', events: [], seen: [false, undefined, undefined] },
  {
    name: 'a request without one after one with',
    events: [requestEvent(PHOTO), requestEvent()],
    seen: [false, undefined, PHOTO],
  },
  {
    name: 'a response with a blob after a request without',
    events: [requestEvent(), responseEvent(PHOTO)],
    seen: [true, PHOTO, PHOTO],
  },
  {
    name: 'a send error, whose own blob is not the current one',
    events: [requestEvent(PHOTO), errorEvent({ mime: undefined, bytes: Uint8Array.of(9) })],
    seen: [false, undefined, PHOTO],
  },
])('the current blob after $name', ({ events, seen }) => {
  const guest = host(events)
  for (const _ of events) void guest.receive()
  expect(blobs(guest)).toEqual(seen)
  expect(blobs(guest), 'asking consumes nothing').toEqual(seen)
})

test('the blob of an awaited response is the current one', () => {
  const guest = host([requestEvent(), responseEvent(PHOTO)])
  void guest.receive()
  void guest.sendAndAwaitResponse(request({ expectsResponse: 5n }))
  expect(blobs(guest)).toEqual([true, PHOTO, PHOTO])
})

test('state, capabilities and spawn leave the current blob as it was', () => {
  const guest = host([
    requestEvent(PHOTO),
    { kind: 'state', bytes: undefined },
    { kind: 'done' },
    { kind: 'done' },
    { kind: 'capabilities', capabilities: [] },
    { kind: 'spawned', id: OTHER.process },
  ])
  void guest.receive()
  expect(guest.getState()).toBe(undefined)
  void guest.setState(Uint8Array.of(1))
  void guest.clearState()
  void guest.ourCapabilities()
  expect(guest.spawn(SPAWN)).toEqual({ ok: OTHER.process })
  expect(blobs(guest)).toEqual([true, PHOTO, PHOTO])
})

const SPAWN = {
  name: 'child',
  wasmPath: '/app:pub.os/pkg/child.wasm',
  onExit: { kind: 'none' },
  requestCapabilities: [],
  grantCapabilities: [],
  public: false,
} as const

test('spawn tells why nothing was spawned', () => {
  expect(host([{ kind: 'not-spawned', error: 'name-taken' }]).spawn(SPAWN)).toEqual({ error: 'name-taken' })
})

test('awaiting needs a deadline', () => {
  expect(() => host([]).sendAndAwaitResponse(request())).toThrow(
    'send-and-await-response: the request has no expects-response, expected a number of seconds',
  )
})

test('awaiting oneself is refused by the own address, not by the one that begins with our', () => {
  const awaitFrom = (target: ProcessAddress) =>
    host([errorEvent()]).sendAndAwaitResponse(request({ target, expectsResponse: 1n }))
  expect(() => awaitFrom(OUR)).toThrow(
    'send-and-await-response: the target alice.os@main:app:pub.os is the sender itself, expected another process',
  )
  expect(awaitFrom({ ...OUR, node: 'our' })).toMatchObject({ kind: 'send-error', error: 'timeout' })
})

test('a call that the kernel cannot answer ends the guest with its reason', () => {
  expect(() => host([{ kind: 'trap', reason: 'state took longer than 5 s' }]).setState(Uint8Array.of(1))).toThrow(
    'state took longer than 5 s',
  )
})

test('requests of one call leave in order, each with its context', () => {
  const guest = host([])
  const contexts = [Uint8Array.of(1), undefined, Uint8Array.of(3)]
  void guest.sendRequests(contexts.map((context, at) => ({ request: request({ metadata: String(at) }), context })))
  expect(guest.heard.acts).toEqual(
    contexts.map((context, at) => ({
      kind: 'send',
      requests: [{ request: request({ metadata: String(at) }), context }],
    })),
  )
})

test('a message costs its parts and a little more, an await as much', () => {
  const guest = host([errorEvent()])
  const address = 'alice.os@other:app:pub.os'.length
  const capabilities = [{ issuer: OTHER, params: '"x"' }]
  void guest.sendRequest(request({ metadata: 'four', blob: PHOTO, capabilities }), new Uint8Array(10))
  void guest.sendAndAwaitResponse(request({ expectsResponse: 1n }))
  const { target: _, ...response } = request({ capabilities })
  void guest.sendResponse(response)
  const capability = 256 + address + '"x"'.length
  const photo = 3 + 'image/png'.length
  expect(guest.heard.costs).toEqual([
    256 + address + 5 + 4 + photo + 10 + capability,
    256 + address + 5,
    256 + 5 + capability,
  ])
})

test('an inherited blob costs as much as one of its own, and a response that inherits takes no other along', () => {
  const guest = host([requestEvent(PHOTO)])
  const blob = { mime: undefined, bytes: new Uint8Array(1_000) }
  void guest.sendRequest(request({ inherit: true }), undefined)
  void guest.receive()
  void guest.sendRequest(request({ inherit: true }), undefined)
  void guest.sendRequest(request({ blob: PHOTO }), undefined)
  void guest.sendRequest(request({ inherit: true, blob }), undefined)
  void guest.sendRequest(request({ blob }), undefined)
  void guest.sendResponse(request({ inherit: true, blob }))
  void guest.sendResponse(request({ blob: PHOTO }))
  const [plain = 0, , ...costs] = guest.heard.costs
  const photo = PHOTO.bytes.length + 'image/png'.length
  const paired = [plain + photo, plain + photo, plain + 1_000, plain + 1_000]
  const responded = costs.at(-1)
  expect(costs).toEqual([...paired, responded, responded])
  expect(guest.heard.acts.at(-2)).toMatchObject({ kind: 'respond', response: { inherit: true, blob: undefined } })
})

test('a capability costs as much in every call, be it empty', () => {
  const guest = host([])
  const empty = { issuer: { node: '', process: { process: '', package: '', publisher: '' } }, params: '' }
  void guest.saveCapabilities([empty, empty])
  void guest.dropCapabilities([empty, empty])
  expect(guest.heard.costs).toEqual([256 + 2 * (256 + 3), 256 + 2 * (256 + 3)])
})

test('a print is cut where it would be longer than a terminal or log can use', () => {
  const guest = host([])
  void guest.printToTerminal(2, 'x'.repeat(PRINT_MAX_CHARACTERS + 10))
  expect(guest.heard.acts).toEqual([
    { kind: 'print', verbosity: 2, text: `${'x'.repeat(PRINT_MAX_CHARACTERS)}… (10 more characters)` },
  ])
})

const LONG = 'x'.repeat(CALL_TEXT_MAX_CHARACTERS + 1)
const TOO_MANY = [{ issuer: OTHER, params: LONG }]

test.for<{ call: string; run: (guest: StandardHost) => unknown }>([
  { call: 'send-request', run: (guest) => guest.sendRequest(request({ capabilities: TOO_MANY }), undefined) },
  { call: 'send-request', run: (guest) => guest.sendRequest(request({ target: { ...OTHER, node: LONG } }), undefined) },
  {
    call: 'send-and-await-response',
    run: (guest) => guest.sendAndAwaitResponse(request({ expectsResponse: 1n, capabilities: TOO_MANY })),
  },
  { call: 'send-response', run: (guest) => guest.sendResponse(request({ capabilities: TOO_MANY })) },
  { call: 'save-capabilities', run: (guest) => guest.saveCapabilities(TOO_MANY) },
  { call: 'drop-capabilities', run: (guest) => guest.dropCapabilities(TOO_MANY) },
  { call: 'spawn', run: (guest) => guest.spawn({ ...SPAWN, wasmPath: `${LONG}/` }) },
])('$call refuses names and capabilities without end', ({ call, run }) => {
  expect(() => run(host([]))).toThrow(
    new RegExp(
      `^${call}: names and capabilities have \\d+ characters together, expected ${CALL_TEXT_MAX_CHARACTERS} at most$`,
    ),
  )
})

const CAPABILITIES = Array.from({ length: CAPABILITIES_MAX + 1 }, (_, at) => ({ issuer: OTHER, params: `${at}` }))

test.for<{ call: string; run: (guest: StandardHost) => unknown }>([
  { call: 'send-request', run: (guest) => guest.sendRequest(request({ capabilities: CAPABILITIES }), undefined) },
  {
    call: 'send-and-await-response',
    run: (guest) => guest.sendAndAwaitResponse(request({ expectsResponse: 1n, capabilities: CAPABILITIES })),
  },
  { call: 'send-response', run: (guest) => guest.sendResponse(request({ capabilities: CAPABILITIES })) },
  { call: 'save-capabilities', run: (guest) => guest.saveCapabilities(CAPABILITIES) },
  { call: 'drop-capabilities', run: (guest) => guest.dropCapabilities(CAPABILITIES) },
  { call: 'spawn', run: (guest) => guest.spawn({ ...SPAWN, requestCapabilities: CAPABILITIES }) },
  {
    call: 'spawn',
    run: (guest) =>
      guest.spawn({ ...SPAWN, grantCapabilities: CAPABILITIES.map(({ params }) => ({ to: OTHER.process, params })) }),
  },
])('$call takes as many capabilities as go abroad, and no more', ({ call, run }) => {
  const most = `expected ${CAPABILITIES_MAX} at most`
  expect(() => run(host([]))).toThrow(`${call}: there are ${CAPABILITIES.length} capabilities, ${most}`)
  const guest = host([])
  void guest.saveCapabilities(CAPABILITIES.slice(1))
  expect(guest.heard.acts).toHaveLength(1)
})

test.for([
  { name: 'requests without end', requests: Array.from({ length: ON_EXIT_MAX.requests + 1 }, () => request()) },
  { name: 'bytes without end', requests: [request({ body: new Uint8Array(ON_EXIT_MAX.bytes) })] },
  {
    name: 'a media type without end',
    requests: [request({ blob: { mime: 'x'.repeat(ON_EXIT_MAX.bytes), bytes: new Uint8Array(0) } })],
  },
])('what is to be sent at the end does not have $name', ({ requests }) => {
  const guest = host([])
  const problem =
    /: its on-exit has \d+ requests that count for \d+ bytes, expected at most 256 of 262144 bytes together$/
  expect(() => guest.setOnExit({ kind: 'requests', requests })).toThrow(problem)
  expect(() => guest.spawn({ ...SPAWN, onExit: { kind: 'requests', requests } })).toThrow(problem)
  expect([guest.heard.acts, guest.heard.questions]).toEqual([[], []])
})

test('a media type is short', () => {
  const blob = { mime: LONG, bytes: new Uint8Array(0) }
  expect(() => host([]).sendRequest(request({ blob }), undefined)).toThrow('send-request: names and capabilities have')
  expect(() => host([]).sendResponse(request({ blob, target: OTHER }))).toThrow('send-response: names')
})

test('the same functions serve a guest whose stack is put aside while it waits', async () => {
  const guest = host([requestEvent(PHOTO), { kind: 'state', bytes: Uint8Array.of(7) }], true)
  expect(await guest.receive()).toEqual(requestEvent(PHOTO))
  expect(blobs(guest)).toEqual([true, PHOTO, PHOTO])
  await guest.sendRequests([1, 2].map((at) => ({ request: request({ metadata: `${at}` }), context: undefined })))
  expect(guest.heard.acts).toHaveLength(2)
  expect(await guest.getState()).toEqual(Uint8Array.of(7))
})
