import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import { expect, test } from 'vitest'
import { BinaryReader, leb } from '../../../../node/wasm/component/binary.ts'
import { compileComponent } from '../../../../node/wasm/component/component.ts'
import { readCoreModule } from '../../../../node/wasm/component/core-module.ts'
import { countDeclared } from '../../../../node/wasm/component/declared.ts'
import { write } from './written.ts'

const LIMITS = { memoryMaxBytes: 1_048_576 }
const MEBIBYTE = 1_048_576

type Bytes = readonly number[] | Uint8Array

function section(id: number, ...parts: readonly Bytes[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Uint8Array.from(part)))
  return Buffer.concat([Uint8Array.of(id, ...leb(body.length)), body])
}

/** A section with the same item so many times. */
function list(id: number, count: number, item: readonly number[]): Buffer {
  return section(id, leb(count), Buffer.alloc(count * item.length, Uint8Array.from(item)))
}

function core(...sections: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), ...sections])
}

/** Four MiB of zeros, which stand for two million memories. */
const ZEROS = section(5, leb((4 * MEBIBYTE) / 2), new Uint8Array(4 * MEBIBYTE))

const TYPE = section(1, [1, 0x60, 0, 0])
const MEMORY = section(5, [1, 0, 1])
const NAME = Array.from({ length: 100 }, () => 0x61)

/** One function that initializes memory with so many pieces of data, each of which it names. */
function initializing(pieces: number): Buffer {
  const operations = Array.from({ length: pieces }, (_, at) => [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, ...leb(at), 0])
  const body = [0, ...operations.flat(), 0x0b]
  return core(
    TYPE,
    section(3, [1, 0]),
    MEMORY,
    section(12, leb(pieces)),
    section(10, [1], leb(body.length), body),
    list(11, pieces, [1, 0]),
  )
}

/** Counted with what the component around them declares itself: one memory, and two or three of most others. */
const MODULES: readonly (readonly [title: string, module: () => Uint8Array, problem: string])[] = [
  ['memories', () => core(ZEROS), 'it has 2097153 memories, expected at most 4'],
  ['tables', () => core(list(4, 1_000_000, [0x70, 0, 0])), 'it has 1000000 tables, expected at most 8'],
  ['sections', () => core(new Uint8Array(MEBIBYTE)), 'it has 10001 sections, expected at most 10000'],
  ['types', () => core(list(1, 50_001, [0x60, 0, 0])), 'it has 50003 types, expected at most 50000'],
  [
    'parameters of a type',
    () => core(section(1, [1, 0x60], leb(1_001), new Uint8Array(1_001).fill(0x7f), [0])),
    'it has 1001 parameters of a function, expected at most 1000',
  ],
  ['imports', () => core(TYPE, list(2, 50_001, [0, 0, 0, 0])), 'it has 50001 imports, expected at most 50000'],
  ['functions', () => core(TYPE, list(3, 200_001, [0])), 'it has 200003 functions, expected at most 200000'],
  ['globals', () => core(list(6, 100_001, [0x7f, 0, 0x41, 0, 0x0b])), 'it has 100001 globals, expected at most 100000'],
  ['exports', () => core(list(7, 50_001, [0, 0, 0])), 'it has 50004 exports, expected at most 50000'],
  [
    'names',
    () => core(list(7, 42_000, [NAME.length, ...NAME, 0, 0])),
    'it has 4194317 bytes of names, expected at most 4194304',
  ],
  ['data', () => core(MEMORY, list(11, 100_001, [1, 0])), 'it has 100001 pieces of data, expected at most 100000'],
  [
    'operations that are cut',
    () => initializing(10_001),
    'it has 10001 kinds of bulk operations, expected at most 10000',
  ],
]

test.each(MODULES)('a module that nobody instantiates has %s within bounds too', async (_, module, problem) => {
  const bytes = Buffer.concat([await write(), section(1, module())])
  await expect(compileComponent(bytes, LIMITS)).rejects.toThrow(`Cannot load component: ${problem}`)
})

test('the modules of a component declare what they do together', async () => {
  const module = section(1, core(list(1, 25_001, [0x60, 0, 0])))
  const bytes = Buffer.concat([await write(), module, module])
  await expect(compileComponent(bytes, LIMITS)).rejects.toThrow(/it has 5000\d types, expected at most 50000$/)
})

test('what a module declares counts for each of its instances', async () => {
  const exports = Array.from({ length: 1_000 }, (_, at) => `(export "${at}" (global 0))`).join('')
  const module = `(core module $n (global i32 (i32.const 0)) ${exports})`
  const before = `${module} ${'(core instance (instantiate $n))'.repeat(51)}`
  await expect(compileComponent(await write({ before }), LIMITS)).rejects.toThrow(
    'it has 51000 exports, expected at most 50000',
  )
})

test('a list that is too long is refused before any of it is read', async () => {
  let turns = 0
  const rest = (): Promise<void> => {
    turns += 1
    return Promise.resolve()
  }
  const before = process.memoryUsage().heapUsed
  const reading = readCoreModule(new BinaryReader(core(ZEROS)), { declare: countDeclared()(1), rest })
  await expect(reading).rejects.toThrow('it has 2097152 memories')
  expect(turns).toBe(1)
  // Two million objects take 400 MiB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50 * MEBIBYTE)
})

test('others get turns between the items of a list', async () => {
  let turns = 0
  const rest = (): Promise<void> => {
    turns += 1
    return Promise.resolve()
  }
  await readCoreModule(new BinaryReader(core(list(1, 40_000, [0x60, 0, 0]))), { declare: countDeclared()(1), rest })
  expect(turns).toBeGreaterThan(40_000)
})

test('a module has as many bodies as functions', async () => {
  const body = [2, 0, 0x0b]
  const component = async (bodies: number): Promise<Uint8Array> =>
    Buffer.concat([await write(), section(1, core(TYPE, section(3, [1, 0]), list(10, bodies, body)))])
  await expect(compileComponent(await component(1), LIMITS)).resolves.toBeDefined()
  await expect(compileComponent(await component(2), LIMITS)).rejects.toThrow(
    /has the code of 2 functions, expected of 1, as declared$/,
  )
})

test('a count that its section cannot hold is refused, whatever an item takes', async () => {
  const bytes = Buffer.concat([await write(), section(1, core(section(10, leb(1_000_000), new Uint8Array(1_000_000))))])
  await expect(compileComponent(bytes, LIMITS)).rejects.toThrow(
    /has a count of 1000000 for functions, expected at most what the bytes can hold$/,
  )
})

test('the names of custom sections count for each instance that reads them', async () => {
  const component = await write()
  const name = new Uint8Array(20_000).fill(0x61)
  const nested = section(4, await parse('(component)'), section(0, leb(name.length), name))
  const instances = (count: number): Uint8Array => Buffer.concat([component, nested, list(5, count, [0, 0, 0])])
  await expect(compileComponent(instances(40), LIMITS)).resolves.toBeDefined()
  await expect(compileComponent(instances(60), LIMITS)).rejects.toThrow(
    /it has 10\d{5} bytes of wiring, expected at most 1048576$/,
  )
})

test.each([
  ['core modules', () => section(1, core()), 1_001, 'it has 1001 core modules, expected at most 1000'],
  ['custom sections', () => section(0, [1, 0x61]), 20_000, 'it has 20001 sections, expected at most 20000'],
])('a component has %s within bounds', async (_, part, count, problem) => {
  const parts = Array.from({ length: count }, part)
  await expect(compileComponent(Buffer.concat([await write(), ...parts]), LIMITS)).rejects.toThrow(problem)
})

test('a type names no more than so many parts', async () => {
  const flags = (count: number): Buffer => section(7, [1, 0x6e], leb(count), Buffer.alloc(count * 2, '\u0001a'))
  const component = await write()
  await expect(compileComponent(Buffer.concat([component, flags(10_001)]), LIMITS)).rejects.toThrow(
    'it has 10001 flags, expected at most 10000',
  )
})

test('an interface counts for what its type has wherever it is imported', async () => {
  const names = Array.from({ length: 1_000 }, (_, at) => `(export "a${at}" (type (eq 0)))`).join(' ')
  const imports = Array.from({ length: 11 }, (_, at) => `(import "chat:template/i${at}@0.1.0" (instance (type 0)))`)
  const before = `(type (instance (type u8) ${names})) ${imports.join(' ')}`
  await expect(compileComponent(await write({ before }), LIMITS)).rejects.toThrow(
    'it has 11000 imported items, expected at most 10000',
  )
})

test('the type of a call between components counts wherever a core module is given the call', async () => {
  const options = '(memory (core memory $n "memory")) (realloc (core func $n "realloc"))'
  const given = (count: number): string => `
    (core module $n (memory (export "memory") 1) (func (export "f") (param i32))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 8))
    (core instance $n (instantiate $n))
    (type $parts (tuple ${'u8 '.repeat(999)}))
    (func $lifted (param "parts" $parts) (canon lift (core func $n "f") ${options}))
    (core func $call (canon lower (func $lifted) ${options}))
    (core instance ${Array.from({ length: count }, (_, at) => `(export "${at}" (func $call))`).join(' ')})`
  await expect(compileComponent(await write({ before: given(50) }), LIMITS)).resolves.toBeDefined()
  await expect(compileComponent(await write({ before: given(51) }), LIMITS)).rejects.toThrow(
    'it has 51000 parts of types of calls, expected at most 50000',
  )
})
