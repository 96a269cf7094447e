import {
  formatJson,
  isJsonArray,
  isJsonObject,
  type JsonValue,
  kernelCommandJson,
  json,
  parseAddress,
  utf8ToBytes,
} from '@hyperware/protocol'
import { expect, test } from 'vitest'
import { bodyOf, never } from './events.ts'
import { createTestKernel, idle, OUR_NAME } from './kernel-fixture.ts'

const A = 'a:test:alice.os'
const VICTIM = 'victim:test:alice.os'
const CAPABILITY = { issuer: `${OUR_NAME}@vfs:distro:sys`, params: '{"root":true}' }
const REQUEST = {
  inherit: false,
  expects_response: 5,
  body: [123, 125],
  metadata: null,
  capabilities: [[CAPABILITY, [1, 2]]],
}

/** Each command of the kernel, with everything in it that it may have. */
const COMMANDS: readonly JsonValue[] = [
  {
    InitializeProcess: {
      id: 'p:k:s',
      wasm_bytes_handle: '/x',
      wit_version: 1,
      on_exit: { Requests: [['our@b:test:alice.os', REQUEST, { mime: null, bytes: [1] }]] },
      initial_capabilities: [CAPABILITY],
      public: false,
      memory_max_bytes: 65_536,
    },
  },
  { GrantCapabilities: { target: A, capabilities: [CAPABILITY] } },
  { DropCapabilities: { target: A, capabilities: [CAPABILITY] } },
  { SetOnExit: { target: A, on_exit: 'None' } },
  { RunProcess: 'nobody:test:alice.os' },
  { KillProcess: 'nobody:test:alice.os' },
  { Debug: { HasCap: { on: A, cap: CAPABILITY } } },
  { Debug: { Process: A } },
  { Debug: 'ProcessMap' },
]

const DEEP = JSON.parse('['.repeat(100) + ']'.repeat(100)) as JsonValue
const WEIRD: readonly JsonValue[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  2n ** 64n - 1n,
  -(2n ** 63n),
  '',
  ':',
  '::',
  '@::',
  'a:b',
  'our@a:b:c:d',
  '__proto__',
  'constructor',
  'a\u0000b:\u202e:\n',
  'x'.repeat(70_000),
  [],
  {},
  [null],
  DEEP,
  JSON.parse('{"__proto__":{"public":true},"constructor":1,"toString":2}') as JsonValue,
]

/** The value with each of its parts replaced in turn, or left out, or there twice. */
function* variations(value: JsonValue): Generator<JsonValue> {
  yield* WEIRD
  if (isJsonArray(value)) {
    yield [...value, ...value]
    for (const [at, item] of value.entries()) {
      for (const other of variations(item)) yield value.with(at, other)
    }
  } else if (isJsonObject(value)) {
    for (const [key, field] of Object.entries(value)) {
      const { [key]: _, ...rest } = value
      yield rest
      yield { ...value, [`${key}2`]: field }
      for (const other of variations(field)) yield { ...value, [key]: other }
    }
  }
}

test('no command, whatever is in it, makes the kernel fail, and nobody dies of one that is not meant', async () => {
  const test = createTestKernel()
  const capabilities = [{ issuer: parseAddress(`${OUR_NAME}@kernel:distro:sys`), params: '"messaging"' }]
  await test.launch(VICTIM, never)
  let sent = 0
  let answers = 0
  await test.launch(
    A,
    async (guest) => {
      for (const command of COMMANDS) {
        for (const varied of variations(command)) {
          await guest.send('our@kernel:distro:sys', { body: formatJson(varied), blob: 'x', expectsResponse: 60 })
          sent += 1
        }
      }
      const question = { kind: 'Debug', question: { kind: 'ProcessMap' } } as const
      const map = await guest.sendAndAwait('our@kernel:distro:sys', {
        body: json.encodeWith(kernelCommandJson, question),
      })
      answers += bodyOf(map).includes(VICTIM) ? 1 : 0
      await never(guest)
    },
    { capabilities },
  )
  await idle()
  expect(sent).toBeGreaterThan(1_000)
  expect(answers).toBe(1)
  expect(test.printed(0).filter((text) => text.includes('the kernel failed'))).toEqual([])
  expect(({} as { public?: boolean }).public).toBeUndefined()
})

test.each([
  '{"KillProcess":"victim:test:alice.os"',
  '{"KillProcess":"victim:test:alice.os"}}',
  '\ufeff{"KillProcess":"victim:test:alice.os"}',
  '{"KillProcess":"victim:test:alice.os","RunProcess":"victim:test:alice.os"}',
  '{"KillProcess":["victim:test:alice.os"]}',
  '{"KillProcess":" victim:test:alice.os"}',
  '{"KillProcess":"our@victim:test:alice.os"}',
  '{"killProcess":"victim:test:alice.os"}',
  '['.repeat(100_000),
  `{"KillProcess":${'9'.repeat(100_000)}}`,
  '{"KillProcess":"vic\\ud800tim:test:alice.os"}',
])('%s is no command', async (body) => {
  const test = createTestKernel()
  await test.launch(VICTIM, never)
  const source = { node: 'our', process: { process: 'tester', package: 'distro', publisher: 'sys' } }
  const said = { inherit: false, expectsResponse: undefined, metadata: undefined, capabilities: [] }
  const message = { kind: 'request', body: utf8ToBytes(body), ...said } as const
  const target = parseAddress('our@kernel:distro:sys')
  test.kernel.send({ id: 1n, source, target, rsvp: undefined, message, blob: undefined })
  await idle()
  expect((await test.kernel.diagnostics()).find(({ id }) => id === VICTIM)?.phase).toBe('running')
})
