import type { KernelMessage, KernelRequest, KernelResponse, ProcessAddress } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { type Effect, expire, failSend, receive } from '../../../node/kernel/kernel.ts'
import { createKernelState, type KernelState, PENDING_MAX, runtimeModule } from '../../../node/kernel/state.ts'

const NET = runtimeModule('net')
const HTTP = runtimeModule('http-server')
const CHAT = { process: 'chat', package: 'chat', publisher: 'template.os' }

function freshState(): KernelState {
  const state = createKernelState('alice-home.os', [
    { id: NET, public: false },
    { id: HTTP, public: false },
  ])
  // A process without any capability, as an app is before its owner grants it some.
  const chat = { id: CHAT, public: false, capabilities: new Set<string>() }
  return { ...state, processes: new Map(state.processes).set('chat:chat:template.os', chat) }
}

function at(node: string, process = NET): ProcessAddress {
  return { node, process }
}

function request(input: {
  source: ProcessAddress
  target: ProcessAddress
  id?: bigint
  expectsResponse?: bigint
}): KernelMessage {
  const message: KernelRequest = {
    kind: 'request',
    inherit: false,
    expectsResponse: input.expectsResponse,
    body: Uint8Array.of(104, 105),
    metadata: undefined,
    capabilities: [],
  }
  const { source, target, id = 7n } = input
  return { id, source, target, rsvp: undefined, message, blob: undefined }
}

function response(input: { source: ProcessAddress; target: ProcessAddress; id?: bigint }): KernelMessage {
  const message: KernelResponse = {
    kind: 'response',
    inherit: false,
    body: Uint8Array.of(97, 99, 107),
    metadata: undefined,
    capabilities: [],
    context: undefined,
  }
  const { source, target, id = 7n } = input
  return { id, source, target, rsvp: undefined, message, blob: undefined }
}

function kinds(effects: readonly Effect[]): string[] {
  return effects.map((effect) => (effect.kind === 'drop' ? `drop ${effect.reason}` : effect.kind))
}

const greeting = request({ source: at('our', HTTP), target: at('bob.os'), expectsResponse: 10n })

describe('routing', () => {
  test('a request for another node goes to net, with `our` replaced, and its deadline starts', () => {
    const { state, effects } = receive(freshState(), greeting, 1_000)
    expect(kinds(effects)).toEqual(['start-timer', 'transmit'])
    expect(effects[0]).toMatchObject({ deadlineMs: 11_000 })
    expect(effects[1]).toMatchObject({ message: { source: { node: 'alice-home.os' }, target: { node: 'bob.os' } } })
    expect(state.pending.size).toBe(1)
  })

  test.each([
    ['a remote request reaches a process with the network capability', at('bob.os'), at('alice-home.os'), ['deliver']],
    ['a remote request to `our` is for this node', at('bob.os'), at('our'), ['deliver']],
    [
      'a remote request to an unknown process is dropped',
      at('bob.os'),
      at('our', runtimeModule('vfs')),
      ['drop target-unknown'],
    ],
    [
      'a remote request to a process without the network capability is dropped',
      at('bob.os'),
      at('our', CHAT),
      ['drop target-lacks-network'],
    ],
    [
      'a remote message for a third node is not passed on',
      at('bob.os'),
      at('carol.os'),
      ['drop target-is-another-node'],
    ],
    [
      'a message of an unknown local process is dropped',
      at('our', runtimeModule('vfs2')),
      at('bob.os'),
      ['drop source-unknown'],
    ],
    [
      'a local process without the network capability cannot send out',
      at('our', CHAT),
      at('bob.os'),
      ['drop source-lacks-network', 'refuse'],
    ],
    [
      'a local process without the messaging capability is refused',
      at('our', CHAT),
      at('our', NET),
      ['drop source-lacks-messaging', 'refuse'],
    ],
    ['modules may message each other', at('our', HTTP), at('our', NET), ['start-timer', 'deliver']],
    [
      'a local request to a process that is not there fails at once',
      at('our', HTTP),
      at('our', runtimeModule('vfs')),
      ['drop target-unknown', 'refuse'],
    ],
    [
      'the kernel itself needs no capability',
      at('our', runtimeModule('kernel')),
      at('our', CHAT),
      ['start-timer', 'deliver'],
    ],
  ])('%s', (_, source, target, expected) => {
    const { effects } = receive(freshState(), request({ source, target, expectsResponse: 5n }), 0)
    expect(kinds(effects)).toEqual(expected)
  })

  test('a sender that expects no response is not told of a refusal', () => {
    const { effects } = receive(freshState(), request({ source: at('our', CHAT), target: at('bob.os') }), 0)
    expect(kinds(effects)).toEqual(['drop source-lacks-network'])
  })

  test('a refusal has the kind timeout and says why', () => {
    const message = request({ source: at('our', CHAT), target: at('our', NET), expectsResponse: 5n })
    expect(receive(freshState(), message, 0).effects[1]).toMatchObject({
      process: CHAT,
      error: { kind: 'timeout', reason: 'the sending process lacks the messaging capability of net:distro:sys' },
    })
  })
})

describe('a waiting request', () => {
  test('is settled by its response, once', () => {
    const { state } = receive(freshState(), greeting, 0)
    const answer = response({ source: at('bob.os'), target: at('alice-home.os', HTTP) })
    const first = receive(state, answer, 5)
    expect(kinds(first.effects)).toEqual(['stop-timer', 'deliver'])
    expect(first.state.pending.size).toBe(0)
    expect(kinds(receive(first.state, answer, 6).effects)).toEqual(['drop response-not-awaited'])
  })

  test('is not settled by a response with another id, or to another process', () => {
    const { state } = receive(freshState(), greeting, 0)
    const strangers = [
      response({ source: at('bob.os'), target: at('alice-home.os', HTTP), id: 8n }),
      response({ source: at('bob.os'), target: at('alice-home.os', NET) }),
    ]
    for (const stranger of strangers) {
      expect(kinds(receive(state, stranger, 0).effects)).toEqual(['drop response-not-awaited'])
    }
  })

  test('times out at its deadline and not before, however early the timer fires', () => {
    const { state, effects } = receive(freshState(), greeting, 0)
    const [timer] = effects
    const key = timer?.kind === 'start-timer' ? timer.key : ''
    const early = expire(state, key, 9_999)
    expect(early.effects).toEqual([{ kind: 'start-timer', key, deadlineMs: 10_000 }])
    const late = expire(early.state, key, 10_000)
    expect(late.effects).toMatchObject([{ kind: 'refuse', process: HTTP, error: { kind: 'timeout' } }])
    expect(expire(late.state, key, 10_001).effects).toEqual([])
  })

  test('hears that net could not reach the node, once', () => {
    const { state, effects } = receive(freshState(), greeting, 0)
    const sent = effects[1]?.kind === 'transmit' ? effects[1].message : greeting
    const error = { kind: 'offline' as const, message: sent, reason: 'refused' }
    const failed = failSend(state, error)
    expect(failed.effects).toMatchObject([{ kind: 'stop-timer' }, { kind: 'refuse', process: HTTP, error }])
    expect(failSend(failed.state, error).effects).toEqual([])
  })

  test('is one of a bounded number', () => {
    let state = freshState()
    for (let id = 0; id < PENDING_MAX; id += 1) {
      state = receive(
        state,
        request({ source: at('our', HTTP), target: at('bob.os'), id: BigInt(id), expectsResponse: 9n }),
        0,
      ).state
    }
    const { effects } = receive(state, { ...greeting, id: 99_999n }, 0)
    expect(effects).toMatchObject([
      { kind: 'refuse', error: { reason: `${PENDING_MAX} requests are waiting already` } },
    ])
  })

  test('waits a day at most, whatever it asks for', () => {
    const message = request({ source: at('our', HTTP), target: at('bob.os'), expectsResponse: 2n ** 64n - 1n })
    expect(receive(freshState(), message, 0).effects[0]).toMatchObject({ deadlineMs: 86_400_000 })
  })
})

test('a step leaves the state it was given as it was', () => {
  const before = freshState()
  receive(before, greeting, 0)
  expect(before.pending.size).toBe(0)
})
