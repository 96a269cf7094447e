import { describe, expect, test } from 'vitest'
import {
  bytesToUtf8,
  json,
  type KernelAnswer,
  kernelAnswerJson,
  type KernelCommand,
  kernelCommandJson,
  parseAddress,
  parseProcessId,
  utf8ToBytes,
} from '@hyperware/protocol'

const main = parseProcessId('main:app:pub.os')
const messaging = { issuer: parseAddress('n.os@vfs:distro:sys'), params: '"messaging"' }

const COMMANDS: readonly (readonly [string, KernelCommand])[] = [
  ['"Booted"', { kind: 'Booted' }],
  ['"Shutdown"', { kind: 'Shutdown' }],
  [
    '{"InitializeProcess":{"id":"main:app:pub.os","wasm_bytes_handle":"/app:pub.os/pkg/main.wasm","wit_version":1,"on_exit":"Restart","initial_capabilities":[{"issuer":"n.os@vfs:distro:sys","params":"\\"messaging\\""}],"public":false}}',
    {
      kind: 'InitializeProcess',
      id: main,
      wasmBytesHandle: '/app:pub.os/pkg/main.wasm',
      witVersion: 1,
      onExit: { kind: 'restart' },
      initialCapabilities: [messaging],
      public: false,
    },
  ],
  [
    '{"InitializeProcess":{"id":"main:app:pub.os","wasm_bytes_handle":"","wit_version":null,"on_exit":"None","initial_capabilities":[],"public":true,"memory_max_bytes":65536}}',
    {
      kind: 'InitializeProcess',
      id: main,
      wasmBytesHandle: '',
      witVersion: undefined,
      onExit: { kind: 'none' },
      initialCapabilities: [],
      public: true,
      memoryMaxBytes: 65_536,
    },
  ],
  [
    '{"GrantCapabilities":{"target":"main:app:pub.os","capabilities":[{"issuer":"n.os@vfs:distro:sys","params":"\\"messaging\\""}]}}',
    { kind: 'GrantCapabilities', target: main, capabilities: [messaging] },
  ],
  [
    '{"DropCapabilities":{"target":"main:app:pub.os","capabilities":[]}}',
    { kind: 'DropCapabilities', target: main, capabilities: [] },
  ],
  [
    '{"SetOnExit":{"target":"main:app:pub.os","on_exit":{"Requests":[["our@main:app:pub.os",{"inherit":false,"expects_response":18446744073709551615,"body":[123,125],"metadata":null,"capabilities":[]},{"mime":null,"bytes":[7]}]]}}}',
    {
      kind: 'SetOnExit',
      target: main,
      onExit: {
        kind: 'requests',
        requests: [
          {
            target: parseAddress('our@main:app:pub.os'),
            inherit: false,
            expectsResponse: 2n ** 64n - 1n,
            body: utf8ToBytes('{}'),
            metadata: undefined,
            capabilities: [],
            blob: { mime: undefined, bytes: Uint8Array.of(7) },
          },
        ],
      },
    },
  ],
  ['{"RunProcess":"main:app:pub.os"}', { kind: 'RunProcess', id: main }],
  ['{"KillProcess":"main:app:pub.os"}', { kind: 'KillProcess', id: main }],
  ['{"Debug":"ProcessMap"}', { kind: 'Debug', question: { kind: 'ProcessMap' } }],
  ['{"Debug":{"Process":"main:app:pub.os"}}', { kind: 'Debug', question: { kind: 'Process', id: main } }],
  [
    '{"Debug":{"HasCap":{"on":"main:app:pub.os","cap":{"issuer":"n.os@vfs:distro:sys","params":"\\"messaging\\""}}}}',
    { kind: 'Debug', question: { kind: 'HasCap', on: main, capability: messaging } },
  ],
]

const ANSWERS: readonly (readonly [string, KernelAnswer])[] = [
  ['"InitializedProcess"', { kind: 'InitializedProcess' }],
  ['"InitializeProcessError"', { kind: 'InitializeProcessError' }],
  ['"StartedProcess"', { kind: 'StartedProcess' }],
  ['"RunProcessError"', { kind: 'RunProcessError' }],
  ['{"KilledProcess":"main:app:pub.os"}', { kind: 'KilledProcess', id: main }],
  ['{"Debug":{"Process":null}}', { kind: 'Debug', answer: { kind: 'Process', process: undefined } }],
  ['{"Debug":{"HasCap":true}}', { kind: 'Debug', answer: { kind: 'HasCap', held: true } }],
  ['{"Debug":{"HasCap":null}}', { kind: 'Debug', answer: { kind: 'HasCap', held: undefined } }],
  [
    '{"Debug":{"ProcessMap":{"main:app:pub.os":{"wasm_bytes_handle":"","wit_version":null,"on_exit":"None","capabilities":[],"public":true}}}}',
    {
      kind: 'Debug',
      answer: {
        kind: 'ProcessMap',
        processes: new Map([
          [
            'main:app:pub.os',
            { wasmBytesHandle: '', witVersion: undefined, onExit: { kind: 'none' }, capabilities: [], public: true },
          ],
        ]),
      },
    },
  ],
]

function textOf(bytes: Uint8Array): string {
  const text = bytesToUtf8(bytes)
  return text.ok ? text.value : text.problem
}

describe('kernel commands', () => {
  test.each(COMMANDS)('%s is read and written', (text, command) => {
    expect(json.decodeWith(kernelCommandJson, 'the command', utf8ToBytes(text))).toEqual({ ok: true, value: command })
    expect(textOf(json.encodeWith(kernelCommandJson, command))).toBe(text)
  })

  test.each(ANSWERS)('the answer %s is read and written', (text, answer) => {
    expect(json.decodeWith(kernelAnswerJson, 'the answer', utf8ToBytes(text))).toEqual({ ok: true, value: answer })
    expect(textOf(json.encodeWith(kernelAnswerJson, answer))).toBe(text)
  })

  test('fields that are not known are ignored, and optional ones may be left out', () => {
    const text =
      '{"InitializeProcess":{"id":"a:b:c","wasm_bytes_handle":"","on_exit":"None","initial_capabilities":[],"public":true,"x":1}}'
    const read = json.decodeWith(kernelCommandJson, 'the command', utf8ToBytes(text))
    expect(read).toMatchObject({ ok: true, value: { witVersion: undefined, public: true } })
  })

  test('capabilities of on-exit requests are read with and without signatures', () => {
    const cap = '{"issuer":"n.os@vfs:distro:sys","params":"\\"messaging\\""}'
    const bodies = [cap, `[${cap},[1,2,3]]`].map(
      (written) =>
        `{"SetOnExit":{"target":"a:b:c","on_exit":{"Requests":[["n@a:b:c",{"inherit":false,"expects_response":null,"body":[],"metadata":null,"capabilities":[${written}]},null]]}}}`,
    )
    for (const body of bodies) {
      const read = json.decodeWith(kernelCommandJson, 'the command', utf8ToBytes(body))
      expect(read).toMatchObject({ value: { onExit: { requests: [{ capabilities: [messaging] }] } } })
    }
  })

  test.each([
    ['nonsense', 'the command is not JSON: the JSON has "nonsense" at character 0, expected a value'],
    [
      '"Boot"',
      'the command is "Boot", expected one of InitializeProcess, GrantCapabilities, DropCapabilities, SetOnExit, RunProcess, KillProcess, Debug, Booted, Shutdown',
    ],
    ['"RunProcess"', 'the command "RunProcess" comes without its value'],
    [
      '{"RunProcess":"a:b"}',
      'the command.RunProcess: process id "a:b" is not process:package:publisher: it has 1 colon, expected exactly 2',
    ],
    [
      '{"InitializeProcess":{"id":"a:b:c","wasm_bytes_handle":"","on_exit":"None","initial_capabilities":[],"public":true,"memory_max_bytes":65535}}',
      'the command.InitializeProcess.memory_max_bytes is "65535", expected a whole number from 65536 to 4294967296',
    ],
    ['{"SetOnExit":{"target":"a:b:c"}}', 'the command.SetOnExit has no field "on_exit"'],
    [
      '{"SetOnExit":{"target":"a:b:c","on_exit":{"Requests":[[1]]}}}',
      'the command.SetOnExit.on_exit.Requests[0] is "[1]", expected an array of 3',
    ],
  ])('%s is refused', (text, problem) => {
    expect(json.decodeWith(kernelCommandJson, 'the command', utf8ToBytes(text))).toEqual({ ok: false, problem })
  })

  test('a body that is not UTF-8 is refused', () => {
    expect(json.decodeWith(kernelCommandJson, 'the command', Uint8Array.of(0xff))).toEqual({
      ok: false,
      problem: 'the command is not JSON: it is not valid UTF-8',
    })
  })
})

test('a request without end is not read', () => {
  const most = utf8ToBytes(`"Booted"${' '.repeat(json.REQUEST_MAX_BYTES - 8)}`)
  expect(json.decodeRequest(kernelCommandJson, 'the command', most)).toEqual({ ok: true, value: { kind: 'Booted' } })
  expect(json.decodeRequest(kernelCommandJson, 'the command', new Uint8Array(json.REQUEST_MAX_BYTES + 1))).toEqual({
    ok: false,
    problem: 'the command has 1048577 bytes, expected at most 1048576',
  })
})
