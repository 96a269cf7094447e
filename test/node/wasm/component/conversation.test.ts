import { describe, expect, test } from 'vitest'
import type { GuestEvent, GuestRequest, GuestResponse } from '../../../../node/kernel/guest.ts'
import {
  type CompiledComponent,
  blockThread,
  compileComponent,
  instantiateComponent,
  switchStacks,
} from '../../../../node/wasm/component/component.ts'
import type { StandardHost } from '../../../../node/wasm/standard.ts'
import { GUESTS } from '../guests/guests.ts'
import {
  ALICE,
  BARE_BLOB,
  BLOB,
  CAPABILITIES,
  type Call,
  plain,
  request,
  scriptedHost,
  testWasi,
} from '../guests/scripted-host.ts'

const OUR = 'alice-home.os@main:chat:böb.os'
const REPLY: Omit<GuestResponse, 'body'> = {
  inherit: true,
  metadata: '{"é":"𝄞"}',
  capabilities: CAPABILITIES,
  blob: BLOB,
}
const FULL: Omit<GuestRequest, 'target' | 'body'> = { ...REPLY, expectsResponse: 0xffff_ffffn }

function sent(letter: string, parts: Partial<GuestRequest> = {}): GuestRequest {
  return { ...request(letter, parts).request, target: ALICE }
}

function response(parts: Partial<Omit<GuestResponse, 'body'>> & { readonly body?: string } = {}): GuestResponse {
  const { body = '', ...rest } = parts
  return {
    inherit: false,
    metadata: undefined,
    capabilities: [],
    blob: undefined,
    ...rest,
    body: Uint8Array.from(Buffer.from(body)),
  }
}

function answered(parts: Parameters<typeof response>[0] = {}): Call {
  return ['send-response', response(parts)]
}

const context = Uint8Array.of(9, 8, 7)
const onExit = { kind: 'requests', requests: [sent('e', { blob: BARE_BLOB })] } as const
const failed = { kind: 'send-error', target: ALICE, context: undefined, blob: undefined } as const

/** What comes in, and what the guest calls because of it. */
const CONVERSATION: readonly (readonly [title: string, event: GuestEvent, calls: readonly Call[]])[] = [
  ['a request mirrored', request('mirror', FULL), [answered({ ...REPLY, body: 'mirror' })]],
  ['an empty one', request(''), [answered()]],
  ['a print', request('p', { metadata: 'hello' }), [['print-to-terminal', 7, 'hello']]],
  ['our', request('o'), [['our'], answered({ body: ALICE.node, metadata: 'main' })]],
  [
    'on-exit, there and back',
    request('e', { blob: BARE_BLOB }),
    [['set-on-exit', onExit], ['get-on-exit'], ['set-on-exit', onExit]],
  ],
  ['state set', request('some state'), [['set-state', Buffer.from('some state')]]],
  ['state read', request('g'), [['get-state'], answered({ body: '\u0001\u0002\u0003' })]],
  ['state cleared', request('c'), [['clear-state']]],
  [
    'a child',
    request('w', { ...FULL, metadata: 'child' }),
    [
      [
        'spawn',
        {
          name: 'child',
          wasmPath: '/package/child.wasm',
          onExit: { kind: 'restart' },
          requestCapabilities: CAPABILITIES,
          grantCapabilities: [{ to: ALICE.process, params: '"messaging"' }],
          public: true,
        },
      ],
      answered({ body: 'child', metadata: 'böb.os' }),
    ],
  ],
  ['capabilities saved', request('+', FULL), [['save-capabilities', CAPABILITIES]]],
  ['none saved', request('+'), [['save-capabilities', []]]],
  ['capabilities dropped', request('-', FULL), [['drop-capabilities', CAPABILITIES]]],
  [
    'what is held',
    request('h', { blob: BLOB }),
    [['has-blob'], ['our-capabilities'], answered({ inherit: true, capabilities: CAPABILITIES, blob: BLOB })],
  ],
  ['the last blob', request('l'), [['last-blob'], answered({ blob: BLOB })]],
  ['a request', request('r', FULL), [['send-request', sent('r', FULL), Buffer.from('r')]]],
  [
    'several requests',
    request('R', FULL),
    [
      [
        'send-requests',
        [
          { request: sent('R', FULL), context: Buffer.from('R') },
          { request: sent('R', { ...FULL, blob: undefined }), context: undefined },
        ],
      ],
    ],
  ],
  [
    'a request and its answer',
    request('a', { expectsResponse: 5n }),
    [
      ['send-and-await-response', sent('a', { expectsResponse: 5n })],
      answered({ inherit: true, body: 'answer', metadata: 'm' }),
    ],
  ],
  [
    'a response',
    { kind: 'response', source: ALICE, response: response({ ...REPLY, body: 'x' }), context },
    [answered({ ...REPLY, body: 'x' }), answered({ body: Buffer.from(context).toString() })],
  ],
  [
    'a request that timed out',
    {
      ...failed,
      error: 'timeout',
      message: { kind: 'request', request: request('lost', FULL).request },
      blob: BLOB,
      context: Buffer.from('ctx'),
    },
    [
      ['print-to-terminal', 0, 'timeout'],
      answered({ body: 'lost', metadata: FULL.metadata, blob: BLOB }),
      answered({ body: 'ctx', metadata: ALICE.node }),
    ],
  ],
  [
    'a response to a node that is offline',
    { ...failed, error: 'offline', message: { kind: 'response', response: response({ ...REPLY, body: 'late' }) } },
    [['print-to-terminal', 0, 'offline'], answered({ ...REPLY, body: 'late', blob: undefined })],
  ],
]

describe.each(Object.keys(GUESTS))('a guest in %s', (language) => {
  let compiled: Promise<CompiledComponent> | undefined
  const compile = (): Promise<CompiledComponent> => {
    compiled ??= (GUESTS[language]?.() ?? Promise.reject(new Error(`no guest in ${language}`))).then((bytes) =>
      compileComponent(bytes, { memoryMaxBytes: 16 * 1_048_576 }),
    )
    return compiled
  }

  test.each(CONVERSATION)('answers: %s', async (_title, event, expected) => {
    const { standard, calls } = scriptedHost([event, request('q')])
    await instantiateComponent(await compile(), { standard, wasi: testWasi().wasi }).init(OUR)
    expect(plain(calls)).toEqual(plain([['print-to-terminal', 1, OUR], ['receive'], ...expected, ['receive']]))
  })

  test('has the same conversation when its stack is set aside at each call that may wait', async () => {
    const events = [...CONVERSATION.map(([, event]) => event), request('q')]
    const blocking = scriptedHost(events)
    await instantiateComponent(await compile(), { ...blocking, wasi: testWasi().wasi, blocking: blockThread }).init(OUR)
    const switching = scriptedHost(events)
    const instance = instantiateComponent(await compile(), {
      standard: slowly(switching.standard),
      wasi: testWasi().wasi,
      blocking: switchStacks,
    })
    await instance.init(OUR)
    expect(plain(switching.calls)).toEqual(plain(blocking.calls))
    expect(new Set(switching.calls.map(([name]) => name)).size).toBe(18) // all but get-blob, which is not recorded
  })

  test('runs many instances of one compiled component, each with its own memory', async () => {
    const shared = structuredClone(await compile())
    const runs = Array.from({ length: 3 }, (_, at) => {
      const { standard, calls } = scriptedHost([request(`mirror ${at}`), request('q')])
      const instance = instantiateComponent(shared, { standard, wasi: testWasi().wasi })
      return { instance, calls }
    })
    for (const { instance } of runs) await instance.init(OUR)
    for (const [at, { instance, calls }] of runs.entries()) {
      expect(plain(calls[2])).toEqual(plain(answered({ body: `mirror ${at}` })))
      expect(instance.memoryBytes()).toBeGreaterThanOrEqual(65_536)
    }
  })

  test('ends with the reason of a host function that refuses to go on', async () => {
    const { standard } = scriptedHost([])
    const instance = instantiateComponent(await compile(), { standard, wasi: testWasi().wasi })
    expect(() => instance.init(OUR)).toThrow('the script is over')
  })
})

/** The same host, each answer a promise that is kept later. */
function slowly(host: StandardHost): StandardHost {
  const slow = Object.entries(host).map(([name, call]) => [
    name,
    (...args: never[]) =>
      new Promise((resolve, reject) => {
        setImmediate(() => {
          try {
            resolve((call as (...args: never[]) => unknown)(...args))
          } catch (error) {
            reject(error)
          }
        })
      }),
  ])
  return Object.fromEntries(slow) as StandardHost
}
