import { describe, expect, test } from 'vitest'
import { decodeManifest, decodeScripts, formatJson, manifestJson, parseProcessId } from '@hyperware/protocol'

const MANIFEST = `[{
  "process_name": "chat", "process_wasm_path": "/chat.wasm", "on_exit": "Restart", "request_networking": true,
  "request_capabilities": ["vfs:distro:sys", {"process": "vfs:distro:sys", "params": {"root": true}}],
  "grant_capabilities": ["http-server:distro:sys", {"process": "terminal:terminal:sys", "params": "Read"}],
  "public": false, "wit_version": 1
}]`

const vfs = parseProcessId('vfs:distro:sys')

describe('manifest.json', () => {
  test('both forms of a capability are read', () => {
    expect(decodeManifest(MANIFEST)).toEqual({
      ok: true,
      value: [
        {
          processName: 'chat',
          wasmPath: '/chat.wasm',
          onExit: { kind: 'restart' },
          requestNetworking: true,
          requestCapabilities: {
            read: [
              { process: vfs, params: '"messaging"' },
              { process: vfs, params: '{"root":true}' },
            ],
            problems: [],
          },
          grantCapabilities: {
            read: [
              { process: parseProcessId('http-server:distro:sys'), params: '"messaging"' },
              { process: parseProcessId('terminal:terminal:sys'), params: '"Read"' },
            ],
            problems: [],
          },
          public: false,
        },
      ],
    })
  })

  test('what is written is what was read', () => {
    const read = decodeManifest(MANIFEST)
    const again = read.ok ? decodeManifest(formatJson(manifestJson.toJson(read.value))) : read
    expect(again).toEqual(read)
  })

  test('a maximum of memory is read, and written when there is one', () => {
    const text = MANIFEST.replace('"wit_version": 1', '"memory_max_bytes": 4294967296')
    const read = decodeManifest(text)
    expect(read.ok && read.value[0]?.memoryMaxBytes).toBe(4_294_967_296)
    expect(read.ok && formatJson(manifestJson.toJson(read.value))).toContain('"memory_max_bytes":4294967296')
    const without = decodeManifest(MANIFEST)
    expect(without.ok && without.value[0]?.memoryMaxBytes).toBeUndefined()
    expect(without.ok && formatJson(manifestJson.toJson(without.value))).not.toContain('memory')
  })

  test.each(['65535', '4294967297', '65536.5', '-65536', '"128 MiB"'])(
    'a maximum of memory of %s is refused',
    (wrong) => {
      const shown = JSON.stringify(wrong)
      expect(decodeManifest(MANIFEST.replace('"wit_version": 1', `"memory_max_bytes": ${wrong}`))).toEqual({
        ok: false,
        problem: `manifest.json[0].memory_max_bytes is ${shown}, expected a whole number from 65536 to 4294967296`,
      })
    },
  )

  test('entries of a list that cannot be read are problems, and the others stay', () => {
    const text = MANIFEST.replace(
      '"http-server:distro:sys"',
      '7, "one:two", {"process":"a:b:c"}, "http-server:distro:sys"',
    )
    const read = decodeManifest(text)
    expect(read.ok && read.value[0]?.grantCapabilities.read).toHaveLength(2)
    expect(read.ok && read.value[0]?.grantCapabilities.problems).toEqual([
      '"7" is neither a process id nor {"process", "params"}',
      'process id "one:two" is not process:package:publisher: it has 1 colon, expected exactly 2',
      '"{\\"process\\":\\"a:b:c\\"}" has no params',
    ])
  })

  test.each([
    ['{}', 'manifest.json is "{}", expected an array'],
    ['[', 'manifest.json: the JSON has the end at character 1, expected a value'],
    ['[{"process_name":"chat"}]', 'manifest.json[0] has no field "process_wasm_path"'],
    [`[${'0,'.repeat(1_024)}0]`, 'manifest.json[0] is "0", expected an object'],
  ])('%s is refused', (text, problem) => {
    expect(decodeManifest(text)).toEqual({ ok: false, problem })
  })

  test('more processes than a package may have are refused', () => {
    const [entry] = JSON.parse(MANIFEST) as unknown[]
    const text = JSON.stringify(Array.from({ length: 1_025 }, () => entry))
    expect(decodeManifest(text)).toEqual({
      ok: false,
      problem: 'manifest.json lists 1025 processes, expected at most 1024',
    })
  })
})

describe('scripts.json', () => {
  test('lists and the version may be left out', () => {
    const read = decodeScripts('{"hi.wasm":{"root":false,"public":true,"request_networking":true}}')
    expect(read.ok && read.value.get('hi.wasm')).toEqual({
      root: false,
      public: true,
      requestNetworking: true,
      requestCapabilities: { read: [], problems: [] },
      grantCapabilities: { read: [], problems: [] },
      witVersion: undefined,
    })
  })

  test('a list may be null', () => {
    const read = decodeScripts(
      '{"m.wasm":{"root":true,"public":false,"request_networking":false,"request_capabilities":null,"grant_capabilities":["a:b:c"],"wit_version":1}}',
    )
    expect(read.ok && read.value.get('m.wasm')?.grantCapabilities.read).toEqual([
      { process: parseProcessId('a:b:c'), params: '"messaging"' },
    ])
    expect(read.ok && read.value.get('m.wasm')?.witVersion).toBe(1)
  })

  test('a maximum of memory is read, and a wrong one is refused', () => {
    const flags = '"root":false,"public":true,"request_networking":true'
    const read = decodeScripts(`{"hi.wasm":{${flags},"memory_max_bytes":1048576}}`)
    expect(read.ok && read.value.get('hi.wasm')?.memoryMaxBytes).toBe(1_048_576)
    expect(decodeScripts(`{"hi.wasm":{${flags},"memory_max_bytes":0}}`)).toEqual({
      ok: false,
      problem: 'scripts.json.hi.wasm.memory_max_bytes is "0", expected a whole number from 65536 to 4294967296',
    })
  })

  test('a missing flag is named', () => {
    expect(decodeScripts('{"hi.wasm":{"root":false,"public":true}}')).toEqual({
      ok: false,
      problem: 'scripts.json.hi.wasm has no field "request_networking"',
    })
  })
})
