import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { expect, test } from 'vitest'
import {
  COMPONENT_MAX_BYTES,
  ComponentError,
  compileComponent,
  instantiateComponent,
} from '../../../../node/wasm/component/component.ts'
import { readGuestC } from '../guests/guests.ts'
import { scriptedHost, testWasi } from '../guests/scripted-host.ts'
import { LIFT, MEMORY, write } from './written.ts'

const LIMITS = { memoryMaxBytes: 1_048_576 }

async function messageFor(bytes: Uint8Array): Promise<string> {
  try {
    const { standard } = scriptedHost([])
    instantiateComponent(await compileComponent(bytes, LIMITS), { standard, wasi: testWasi().wasi })
  } catch (error) {
    if (error instanceof ComponentError) return error.message
    throw error
  }
  return 'it was taken'
}

const STANDARD = 'hyperware:process/standard@1.0.0'
const imported = (name: string, type: string): string => `(import "${name}" (instance ${type}))`

const REFUSED: readonly (readonly [title: string, bytes: () => Promise<Uint8Array>, problem: string])[] = [
  ['nothing', async () => new Uint8Array(0), 'its 0 bytes do not begin with 00 61 73 6d 0d 00 01 00'],
  ['text', async () => Buffer.from('not wasm'), 'its 8 bytes do not begin with 00 61 73 6d 0d 00 01 00'],
  ['a core module', () => parse('(module)'), 'it is a core WebAssembly module, expected a component'],
  [
    'too many bytes',
    async () => new Uint8Array(COMPONENT_MAX_BYTES + 1),
    'it is 134217729 bytes, expected at most 134217728',
  ],
  [
    'the first half of a component',
    async () => readGuestC().subarray(0, 5_000),
    'it ends at byte 5000, inside a section',
  ],
  [
    'a section of an unknown kind',
    async () => Uint8Array.from([...(await parse('(component)')), 99, 0]),
    'byte 9 asks for the section 99, which this node does not offer',
  ],
  [
    'a count that its section cannot hold',
    async () => Uint8Array.from([...(await parse('(component)')), 7, 2, 0xff, 0x01]),
    'byte 10 has a count of 255 for types, expected at most what the bytes can hold',
  ],
  [
    'a name that is not UTF-8',
    async () => Uint8Array.from([...(await parse('(component)')), 0, 3, 2, 0xff, 0xff]),
    'byte 11 has the name of a custom section, expected UTF-8 text',
  ],
  [
    'a function of an interface that is not offered',
    () => write({ before: imported('wasi:http/outgoing-handler@0.2.0', '(export "handle" (func))') }),
    'it imports "handle" of "wasi:http/outgoing-handler@0.2.0", which this node does not offer',
  ],
  [
    'another version of the standard interface',
    () => write({ before: imported('hyperware:process/standard@2.0.0', '(export "has-blob" (func (result bool)))') }),
    'it imports "has-blob" of "hyperware:process/standard@2.0.0", which this node does not offer',
  ],
  [
    'a function that the standard interface does not have',
    () => write({ before: imported(STANDARD, '(export "constructor" (func))') }),
    `it imports "constructor" of "${STANDARD}", which this node does not offer`,
  ],
  [
    'a function of another type',
    () => write({ before: imported(STANDARD, '(export "has-blob" (func (param "id" u32) (result (list string))))') }),
    `it imports "has-blob" of "${STANDARD}" as func(id: u32) -> list<string>, expected func() -> bool`,
  ],
  [
    'a function that is not in an interface',
    () => write({ before: '(import "free" (func))' }),
    'it imports "free", which this node does not offer',
  ],
  ['no init', () => write({ exported: '' }), 'it exports no init, expected init: func(our: string)'],
  [
    'an init of another type',
    () => write({ exported: `(func (export "init") (param "our" string) (param "more" u8) ${LIFT})` }),
    'it exports init: func(our: string, more: u8), expected init: func(our: string)',
  ],
  [
    'an init that is a type',
    () => write({ before: '(type $t u8) (export "init" (type $t))', exported: '' }),
    'it exports init as type, expected init: func(our: string)',
  ],
  [
    'a shared memory',
    () => write({ core: '(memory (export "memory") 1 1 shared)' }),
    'it has a shared memory, expected memories of its own',
  ],
  [
    'a memory with 64-bit addresses',
    () => write({ core: '(memory (export "memory") i64 1)' }),
    'it has a memory with 64-bit addresses, expected 32-bit ones',
  ],
  [
    'a memory that begins above the limit',
    () => write({ core: '(memory (export "memory") 17)' }),
    'its memory begins with 1114112 bytes, expected at most 1048576',
  ],
  [
    'memories that together begin above the limit',
    () => write({ core: `${MEMORY} (memory 8) (memory 8)` }),
    'its memory begins with 1114112 bytes, expected at most 1048576',
  ],
  [
    'a memory that two instances together have too much of',
    () =>
      write({
        before: '(core module $n (memory 8)) (core instance (instantiate $n)) (core instance (instantiate $n))',
      }),
    'its memory begins with 1114112 bytes, expected at most 1048576',
  ],
  [
    'five memories',
    () => write({ core: `${MEMORY} (memory 0) (memory 0) (memory 0) (memory 0)` }),
    'it has 5 memories, expected at most 4',
  ],
  [
    'a table that begins above the limit',
    () => write({ core: `${MEMORY} (table 100001 funcref)` }),
    'it has 100001 table entries, expected at most 100000',
  ],
  [
    'tables that together begin above the limit',
    () => write({ core: `${MEMORY} (table 50000 funcref) (table 50001 externref)` }),
    'it has 100001 table entries, expected at most 100000',
  ],
  [
    'a module with too much to fill its tables with',
    () => write({ core: `${MEMORY} (table 1 funcref) (func $f) (elem (i32.const 0) func ${'$f '.repeat(262_144)})` }),
    'it has 262152 bytes of table elements, expected at most 262144',
  ],
  [
    'globals without end, by instances',
    () => {
      const instances = '(core instance (instantiate $n))'.repeat(101)
      const globals = '(global i32 (i32.const 0))'.repeat(1_000)
      return write({ before: `(core module $n ${globals}) ${instances}` })
    },
    'it has 101000 globals, expected at most 100000',
  ],
  [
    'nine tables',
    () => write({ core: `${MEMORY} ${'(table 1 funcref)'.repeat(9)}` }),
    'it has 9 tables, expected at most 8',
  ],
  [
    'types that are garbage collected',
    () => write({ core: `${MEMORY} (type (array i8))` }),
    'byte 21 asks for garbage-collected types (0x5e), which this node does not offer',
  ],
  [
    'text that is not UTF-8',
    () =>
      write({
        exported: `(func (export "init") (param "our" string) (canon lift (core func $i "init") string-encoding=utf16 (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))`,
      }),
    'byte 155 asks for text that is not UTF-8, which this node does not offer',
  ],
  [
    'resources of its own',
    () => write({ before: '(type $r (resource (rep i32)))' }),
    'byte 11 asks for resource types of its own, which this node does not offer',
  ],
  [
    'code that is not valid',
    () => write({ init: 'i32.add drop' }),
    'its core module 0 is not valid: WebAssembly.compile(): Compiling function #0 failed: not enough arguments on the stack for i32.add (need 2, got 0) @+69',
  ],
  [
    'modules that do not fit together',
    () => write({ core: `(import "env" "f" (func)) ${MEMORY}` }),
    'its parts do not fit together: its core module 0 imports the function "f" of "env", and is given none',
  ],
  [
    'a function of the host that is to make room',
    () =>
      write({
        before: `${imported('wasi:clocks/wall-clock@0.2.0', '(type (record (field "seconds" u64) (field "nanoseconds" u32))) (export "datetime" (type $d (eq 0))) (export "now" (func (result $d)))')}
          (core module $n (memory (export "memory") 1)) (core instance $n (instantiate $n))
          (core func $now (canon lower (func 0 "now") (memory (core memory $n "memory"))))
          (core func (canon lower (func 0 "now") (memory (core memory $n "memory")) (realloc (core func $now))))`,
      }),
    'byte 205 has a function of the host, expected a function of a core module',
  ],
  [
    'a part of an import that the import does not have',
    () => write({ before: '(import "chat:template/api@0.1.0" (instance $s)) (alias export $s "t" (type $t))' }),
    'it uses the type "t" of a part that has none of that name',
  ],
  [
    'a part that is not given what it needs',
    () => write({ before: '(component $c (import "x" (func))) (instance (instantiate $c))' }),
    'a part of it needs the function "x", which it is not given',
  ],
  [
    'components that hold each other without end',
    () => parse(`(component ${'(component '.repeat(20)} ${') (instance (instantiate 0))'.repeat(20)})`),
    'it has 17 nested components, expected at most 16',
  ],
]

test.each(REFUSED)('refuses %s', async (_title, bytes, problem) => {
  expect(await messageFor(await bytes())).toBe(`Cannot load component: ${problem}`)
})

test('refuses a component that exports a name twice', async () => {
  const guest = readGuestC()
  const name = Buffer.from('init')
  // Its one export section, id 11 and a size of one byte, again at the end.
  const start = Buffer.from(guest).lastIndexOf(Buffer.concat([Buffer.of(1, 0, name.length), name])) - 2
  expect(guest[start]).toBe(11)
  const section = guest.subarray(start, start + 2 + (guest[start + 1] ?? 0))
  await expect(compileComponent(Buffer.concat([guest, section]), { memoryMaxBytes: 1_048_576 })).rejects.toThrow(
    'it exports init twice, expected each name once',
  )
})

test('takes the least component of the world', async () => {
  expect(await messageFor(await write())).toBe('it was taken')
})

test('takes any patch release of WASI 0.2, and types of interfaces that it does not know', async () => {
  const before = [
    imported('wasi:cli/environment@0.2.99', '(export "get-arguments" (func (result (list string))))'),
    imported('chat:template/api@0.1.0', '(type (record (field "a" u8))) (export "t" (type (eq 0)))'),
  ]
  expect(await messageFor(await write({ before: before.join(' ') }))).toBe('it was taken')
})

test('doubling instances do not multiply the work without bound', async () => {
  // Each of these components instantiates the one before it twice.
  let inner = '(component $c0)'
  for (let depth = 1; depth < 12; depth++) {
    inner += ` (component $c${depth} (alias outer 1 $c${depth - 1} (component $d)) (instance (instantiate $d)) (instance (instantiate $d)))`
  }
  const bytes = await parse(`(component ${inner} (instance (instantiate $c11)))`)
  expect(await messageFor(bytes)).toContain('it has 101 component instances, expected at most 100')
})
