import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { askingFunction } from '../../../../node/wasm/component/ask-to-grow.ts'
import { BinaryReader } from '../../../../node/wasm/component/binary.ts'
import { readCoreModule, writeCoreModule } from '../../../../node/wasm/component/core-module.ts'
import { countDeclared } from '../../../../node/wasm/component/declared.ts'

const MEBIBYTE = 1_048_576
const SIZE = 4 * MEBIBYTE
const DATA_SIZE = 2 * MEBIBYTE + 777

/** Two memories of 4 MiB, data of 2 MiB, and a function for each operation. */
const OPERATIONS = `(module
  (import "host" "first" (func $first))
  (memory (export "a") 64 64)
  (memory (export "b") 64 64)
  (data $d "${'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(Math.ceil(DATA_SIZE / 36)).slice(0, DATA_SIZE)}")
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fillB") (param i32 i32 i32) (memory.fill 1 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copyAB") (param i32 i32 i32) (memory.copy 1 0 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
  (func (export "drop") (data.drop $d)))`

async function cut(bytes: Uint8Array): Promise<Uint8Array> {
  const reading = { declare: countDeclared()(1), rest: () => Promise.resolve() }
  const module = await readCoreModule(new BinaryReader(bytes), reading)
  const maxima = {
    memories: module.memories.map(({ minimum, maximum = minimum }) => maximum),
    tables: module.tables.map(({ minimum, maximum = minimum }) => maximum),
  }
  return (await writeCoreModule(module, maxima, reading)).bytes
}

type Side = {
  readonly call: (name: string, ...numbers: readonly number[]) => string
  readonly memories: () => readonly Buffer[]
}

async function instantiate(bytes: Uint8Array): Promise<Side> {
  const { instance } = await WebAssembly.instantiate(Buffer.from(bytes), { host: { first: () => undefined } })
  const { exports } = instance
  return {
    call: (name, ...numbers) => {
      try {
        const found = exports[name]
        if (typeof found !== 'function') throw new Error(`there is no ${name}`)
        found(...numbers)
        return 'done'
      } catch (error) {
        return error instanceof WebAssembly.RuntimeError ? error.message : String(error)
      }
    },
    memories: () => ['a', 'b'].map((name) => Buffer.from((exports[name] as WebAssembly.Memory).buffer)),
  }
}

const address = fc.oneof(
  fc.nat(SIZE),
  fc.constantFrom(0, 1, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, SIZE - MEBIBYTE, SIZE - 1, SIZE, 2 ** 31, 2 ** 32 - 1),
)
const operation = fc.constantFrom('fill', 'fillB', 'copy', 'copyAB', 'init')

test('in pieces, everything ends as at once: the same bytes, and the same traps', async () => {
  const bytes = await parse(OPERATIONS)
  const pieces = await cut(bytes)
  expect(pieces.length).toBeGreaterThan(bytes.length)
  let traps = 0
  const step = fc.tuple(operation, address, address, address)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const [whole, other] = [await instantiate(bytes), await instantiate(pieces)]
      for (const side of [whole, other]) for (const memory of side.memories()) memory.write('a beginning')
      for (const [name, to, from, count] of steps) {
        const outcome = whole.call(name, to, from, count)
        expect([name, to, from, count, other.call(name, to, from, count)]).toEqual([name, to, from, count, outcome])
        if (outcome === 'done') continue
        traps += 1
        return // a guest that trapped is over
      }
      for (const [index, memory] of whole.memories().entries()) {
        expect(memory.equals(other.memories()[index] ?? Buffer.alloc(0))).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
  expect(traps).toBeGreaterThan(5)
})

test('data that was dropped is gone in pieces too', async () => {
  const bytes = await parse(OPERATIONS)
  for (const side of [await instantiate(bytes), await instantiate(await cut(bytes))]) {
    expect(side.call('init', 0, 0, DATA_SIZE)).toBe('done')
    expect(side.call('drop')).toBe('done')
    expect(side.call('init', 0, 0, 0)).toBe('done')
    expect(side.call('init', 0, 0, DATA_SIZE)).toBe('memory access out of bounds')
  }
})

/** One of each way to write immediates, in a function that also fills: all of it is read. */
const EVERYTHING = `(module
  (type $t (func (param i32) (result i32)))
  (import "host" "first" (func $first))
  (import "host" "global" (global $g i32))
  (import "host" "tag" (tag $tag (param i32)))
  (memory (export "a") 64 64)
  (memory $b (export "b") 64 64)
  (table $table 2 4 funcref)
  (elem $e func $first)
  (elem declare func $id)
  (func $id (type $t) (local.get 0))
  (func (export "fill") (param i32 i32 i32) (local f32 i64 v128 funcref)
    (block (result i32) (loop (result i32) (if (result i32) (i32.const 1) (then (i32.const -70000)) (else (i32.const 5)))))
    drop
    (block $x (block $y (br_table $x $y $x (i32.const 1))))
    (drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 0)))
    (drop (select (i32.const 1) (i32.const 2) (i32.const 0)))
    (local.set 3 (f32.const 1.5))
    (local.set 4 (i64.const -9000000000000))
    (drop (f64.const 0x1.fcp+3))
    (local.set 5 (v128.const i64x2 0xfc0bfc0bfc0bfc0b 0xfc0afc0afc0afc0a))
    (local.set 5 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (local.get 5) (local.get 5)))
    (drop (i8x16.extract_lane_u 3 (local.get 5)))
    (local.set 5 (v128.load8_lane offset=64508 3 (i32.const 0) (local.get 5)))
    (v128.store $b offset=64508 (i32.const 0) (local.get 5))
    (i32.store offset=64508 align=2 (i32.const 0) (i32.const 0xfc0b))
    (drop (i32.load $b offset=64508 (i32.const 0)))
    (drop (i32.atomic.rmw.add offset=4 (i32.const 0) (i32.const 1)))
    (atomic.fence)
    (drop (i32.trunc_sat_f32_s (local.get 3)))
    (local.set 6 (ref.func $id))
    (drop (ref.is_null (ref.null extern)))
    (drop (table.grow $table (local.get 6) (i32.const 1)))
    (table.fill $table (i32.const 0) (local.get 6) (i32.const 1))
    (table.set $table (i32.const 1) (table.get $table (i32.const 0)))
    (drop (call_indirect $table (type $t) (i32.const 7) (i32.const 0)))
    (table.init $table $e (i32.const 0) (i32.const 0) (i32.const 1))
    (table.copy (i32.const 1) (i32.const 0) (i32.const 1))
    (elem.drop $e)
    (drop (memory.grow $b (i32.const 0)))
    (block $caught (result i32)
      (try_table (catch $tag $caught) (throw $tag (global.get $g)))
      (i32.const 0))
    drop
    (block $any (try_table (catch_all $any) (call $first)))
    (memory.fill (local.get 0) (local.get 1) (local.get 2))))`

test('a fill is found behind every kind of instruction', async () => {
  const bytes = await parse(EVERYTHING)
  const host = {
    first: () => undefined,
    global: 3,
    // The types of this platform do not know tags yet.
    tag: new (WebAssembly as unknown as { Tag: new (type: { parameters: string[] }) => object }).Tag({
      parameters: ['i32'],
    }),
  }
  const [before, after] = [
    new WebAssembly.Module(Buffer.from(bytes)),
    new WebAssembly.Module(Buffer.from(await cut(bytes))),
  ]
  const memories = [before, after].map((module) => {
    const { exports } = new WebAssembly.Instance(module, { host } as unknown as WebAssembly.Imports)
    const asking = exports['memory growing']
    if (asking instanceof WebAssembly.Table)
      asking.set(
        0,
        askingFunction(() => true),
      )
    ;(exports['fill'] as (...numbers: readonly number[]) => void)(100_000, 7, 3 * MEBIBYTE)
    return Buffer.from((exports['a'] as WebAssembly.Memory).buffer)
  })
  expect(memories[0]?.[100_000 + 3 * MEBIBYTE - 1]).toBe(7)
  expect(memories[0]?.equals(memories[1] ?? Buffer.alloc(0))).toBe(true)
  expect((await cut(bytes)).length).toBeGreaterThan(bytes.length)
})

test('a number written with needless bytes hides no fill', async () => {
  const plain = Buffer.from(
    await parse('(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))'),
  )
  const at = plain.indexOf(Buffer.of(0xfc, 0x0b, 0x00))
  const padded = Buffer.concat([plain.subarray(0, at), Buffer.of(0xfc, 0x8b, 0x80, 0x00, 0x00), plain.subarray(at + 3)])
  for (const behind of [4, 6]) {
    // The sizes of the code section and of the body, each one byte before what it counts.
    const size = plain.lastIndexOf(10, at) + (behind === 4 ? 1 : 3)
    padded[size] = (padded[size] ?? 0) + 2
  }
  expect(WebAssembly.validate(padded)).toBe(true)
  const pieces = await cut(padded)
  expect(WebAssembly.validate(Buffer.from(pieces))).toBe(true)
  expect(pieces.length).toBeGreaterThan(padded.length)
})

test('an instruction that is not known here is refused where it could hide a fill', async () => {
  const plain = Buffer.from(
    await parse('(module (memory 1) (func nop (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))'),
  )
  plain[plain.indexOf(Buffer.of(0x01, 0x41))] = 0xfb
  await expect(cut(plain)).rejects.toThrow(/asks for the instruction 0xfb, which this node does not offer/)
})

test('a module with nothing to cut stays as it is', async () => {
  const bytes = await parse(
    '(module (memory (export "m") 1 2) (table 1 3 funcref) (func (export "f") (result i32) (i32.const 1)))',
  )
  expect(Buffer.from(await cut(bytes)).equals(Buffer.from(bytes))).toBe(true)
})

test.each([
  [
    'without any export',
    '(module (memory 1 2) (table 1 3 funcref) (global i32 (i32.const 1)) (data (i32.const 0) "x"))',
    [1],
  ],
  [
    'beside one that is exported, and with its name taken',
    '(module (memory 3 4) (memory (export "memory 0") 1 2))',
    [1, 3],
  ],
  ['behind an imported one', '(module (import "a" "b" (memory 1)) (memory 2 5) (func (export "f")))', [2]],
  ['that is exported twice', '(module (memory (export "a") (export "b") 1 1))', [1]],
])('a memory is seen from outside: %s', async (_, text, pages) => {
  const module = new WebAssembly.Module(Buffer.from(await cut(await parse(text))))
  const { exports } = new WebAssembly.Instance(module, { a: { b: new WebAssembly.Memory({ initial: 1 }) } })
  const memories = new Set(Object.values(exports).filter((item) => item instanceof WebAssembly.Memory))
  expect(new Set([...memories].map(({ buffer }) => buffer.byteLength / 65_536))).toEqual(new Set(pages))
  expect(memories.size).toBe(pages.length)
})

test('a module with exports without end is refused', async () => {
  const exports = Array.from({ length: 100_001 }, (_, at) => `(export "${at}" (memory 0))`).join('')
  await expect(cut(await parse(`(module (memory 1) ${exports})`))).rejects.toMatchObject({
    code: 'too-many',
    problem: { what: 'exports', count: 100_001, maximum: 50_000 },
  })
})
