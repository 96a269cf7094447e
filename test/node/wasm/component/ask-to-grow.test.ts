import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { askingFunction } from '../../../../node/wasm/component/ask-to-grow.ts'
import { BinaryReader } from '../../../../node/wasm/component/binary.ts'
import { compileComponent, instantiateComponent } from '../../../../node/wasm/component/component.ts'
import { readCoreModule, writeCoreModule, type WrittenModule } from '../../../../node/wasm/component/core-module.ts'
import { countDeclared } from '../../../../node/wasm/component/declared.ts'
import { scriptedHost, testWasi } from '../guests/scripted-host.ts'
import { write } from './written.ts'

const PAGE = 65_536

async function rewrite(bytes: Uint8Array): Promise<WrittenModule> {
  const reading = { declare: countDeclared()(1), rest: () => Promise.resolve() }
  const module = await readCoreModule(new BinaryReader(bytes), reading)
  const maxima = ({ minimum, maximum = minimum }: { minimum: number; maximum: number | undefined }): number => maximum
  return writeCoreModule(module, { memories: module.memories.map(maxima), tables: module.tables.map(maxima) }, reading)
}

const GROWING = `(module
  (import "host" "first" (func $first))
  (import "host" "memory" (memory $theirs 1 8))
  (import "host" "table" (table $table 1 funcref))
  (memory $a (export "a") 1 6)
  (memory $b (export "b") 0 3)
  (func (export "theirs") (param i32) (result i32) (memory.grow $theirs (local.get 0)))
  (func (export "growA") (param i32) (result i32) (local i32)
    (block (block (br 0)) (local.set 1 (memory.grow $a (local.get 0)))) (local.get 1))
  (func (export "growB") (param i32) (result i32) (memory.grow $b (local.get 0))))`

test('code that grows its memories asks each time, and does as before when it may', async () => {
  const bytes = await parse(GROWING)
  const { bytes: rewritten, growing } = await rewrite(bytes)
  expect(growing).toEqual({ table: 'memory growing', start: undefined })
  const grow = fc.tuple(fc.constantFrom('theirs', 'growA', 'growB'), fc.oneof(fc.nat(4), fc.constant(-1)), fc.boolean())
  await fc.assert(
    fc.asyncProperty(fc.array(grow, { maxLength: 12 }), async (steps) => {
      const asked: number[] = []
      let may = true
      const [before, after] = await Promise.all(
        [bytes, rewritten].map(async (each) => {
          const host = {
            first: () => undefined,
            memory: new WebAssembly.Memory({ initial: 1, maximum: 8 }),
            table: new WebAssembly.Table({ element: 'anyfunc', initial: 1 }),
          }
          const { instance } = await WebAssembly.instantiate(Buffer.from(each), { host })
          return instance.exports
        }),
      )
      const table = after?.[growing?.table ?? ''] as WebAssembly.Table
      table.set(
        0,
        askingFunction((pages) => {
          asked.push(pages)
          return may
        }),
      )
      for (const [name, pages, allowed] of steps) {
        may = allowed
        const call = (exports: unknown): number =>
          (exports as Record<string, (pages: number) => number>)[name]?.(pages) ?? 0
        expect(call(after)).toBe(allowed ? call(before) : -1)
      }
      expect(asked).toEqual(steps.map(([, pages]) => pages >>> 0))
    }),
  )
})

test('a number written with needless bytes hides no growing', async () => {
  const plain = Buffer.from(await parse('(module (memory 1 9) (func (drop (memory.grow (i32.const 7)))))'))
  const at = plain.indexOf(Buffer.of(0x40, 0x00, 0x1a))
  const padded = Buffer.concat([plain.subarray(0, at + 1), Buffer.of(0x80, 0x80, 0x00), plain.subarray(at + 2)])
  for (const behind of [1, 3]) {
    // The sizes of the code section and of the body, each one byte before what it counts.
    const size = plain.lastIndexOf(10, at) + behind
    padded[size] = (padded[size] ?? 0) + 2
  }
  expect(WebAssembly.validate(padded)).toBe(true)
  const { bytes, growing } = await rewrite(padded)
  expect(growing).toBeDefined()
  expect(WebAssembly.validate(Buffer.from(bytes))).toBe(true)
})

test('names that are taken are not taken twice', async () => {
  const code = '(func (export "memory growing") (drop (memory.grow (i32.const 1))))'
  const start = '(func $s (export "memory start")) (start $s)'
  const { bytes, growing } = await rewrite(await parse(`(module (memory 1 2) ${code} ${start})`))
  expect(growing).toEqual({ table: 'memory growing 1', start: 'memory start 1' })
  expect(WebAssembly.validate(Buffer.from(bytes))).toBe(true)
})

/** A module with one of its sections taken out. */
function without(bytes: Uint8Array, id: number): Uint8Array {
  const kept = [bytes.subarray(0, 8)]
  for (let at = 8; at < bytes.length;) {
    const size = bytes[at + 1] ?? 0 // all sections here are short
    if (bytes[at] !== id) kept.push(bytes.subarray(at, at + 2 + size))
    at += 2 + size
  }
  return Buffer.concat(kept)
}

const TABLE_SECTION = 4
const FORGED = `(func $yes (param i32) (result i32) (i32.const 1)) (elem declare func $yes)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))`

test.each([
  ['a function of its own', '(func (export "forge") (table.set 0 (i32.const 0) (ref.func $yes)))'],
  ['a function that it exports', '(elem (i32.const 0) $yes)'],
  ['nothing', '(func (table.fill 0 (i32.const 0) (ref.null func) (i32.const 1)))'],
])('a guest that knows the number of the table puts there %s in vain', async (_, forging) => {
  // As if the table of the host were the guest's own: without that one, there is none by the number 0 but the host's.
  const bytes = without(await parse(`(module (memory 1 9) (table 1 1 funcref) ${FORGED} ${forging})`), TABLE_SECTION)
  const { bytes: rewritten, growing } = await rewrite(bytes)
  expect(growing).toBeDefined()
  await expect(WebAssembly.compile(Buffer.from(rewritten))).rejects.toThrow(/type/)
})

test('a guest that has more than one table cannot pass on that of the host either', async () => {
  const { bytes, growing } = await rewrite(await parse(`(module (memory 1 9) ${FORGED})`))
  const { instance } = await WebAssembly.instantiate(Buffer.from(bytes))
  const table = instance.exports[growing?.table ?? ''] as WebAssembly.Table
  expect(() => table.set(0, instance.exports['grow'])).toThrow(TypeError)
  const taking = await parse('(module (import "a" "t" (table 1 1 funcref)))')
  await expect(WebAssembly.instantiate(Buffer.from(taking), { a: { t: table } })).rejects.toThrow(WebAssembly.LinkError)
})

test.each([
  ['a function', '(module (memory 1 9) (func (param i32) (result i32) (memory.grow (local.get 0))))', [3, 2, 1]],
  ['an import', '(module (import "a" "b" (func (param i32) (result i32))))', [0x61, 1, 0x62, 0]],
])('%s of a type that the module does not have is refused', async (_, text, before) => {
  const bytes = Buffer.from(await parse(text))
  bytes[bytes.indexOf(Buffer.from(before)) + before.length] = 3
  await expect(rewrite(bytes)).rejects.toThrow(/has a function of the type 3, expected one of the module's 1 type/)
})

test('a group of types, of which the type of the table is one, is refused', async () => {
  const group = '(rec (type (func (param i32) (result i32))) (type (func)))'
  await expect(rewrite(await parse(`(module ${group})`))).rejects.toThrow(/garbage-collected types/)
})

/** Gives what a component asked for while it ran. */
async function run(parts: Parameters<typeof write>[0], maximumPages: number): Promise<number[]> {
  const component = await compileComponent(await write(parts), { memoryMaxBytes: maximumPages * PAGE })
  const asked: number[] = []
  const { standard } = scriptedHost([])
  const instance = instantiateComponent(component, {
    standard,
    wasi: testWasi().wasi,
    makeRoom: (bytes) => void asked.push(bytes / PAGE),
  })
  void instance.init('alice.os@main:app:pub.os')
  return asked
}

const MEMORIES = '(memory (export "memory") 1) (memory $other 2)'
const grow = (pages: number, memory = ''): string => `(drop (memory.grow ${memory} (i32.const ${pages})))`

test('a component says what all its memories are to hold, and asks for nothing beyond its maximum', async () => {
  const init = `${grow(2)} ${grow(1, '$other')} ${grow(0)} ${grow(100)} ${grow(-1)} ${grow(1)}`
  expect(await run({ core: MEMORIES, init }, 10)).toEqual([5, 6, 6, 7])
})

test('a guest whose question fails ends for good, also when it catches that', async () => {
  const tries = `(block (try_table (catch_all 0) ${grow(1)}))`
  const component = await compileComponent(await write({ core: MEMORIES, init: `${tries} ${tries}` }), {
    memoryMaxBytes: 10 * PAGE,
  })
  const { standard } = scriptedHost([])
  let asked = 0
  const makeRoom = (): void => {
    asked += 1
    throw new Error('the stack is used up')
  }
  const instance = instantiateComponent(component, { standard, wasi: testWasi().wasi, makeRoom })
  expect(() => instance.init('alice.os@main:app:pub.os')).toThrow('the stack is used up')
  expect([asked, instance.memoryBytes()]).toEqual([1, 3 * PAGE])
})

test('a start function asks too', async () => {
  const start = `(func $start ${grow(3)}) (start $start)`
  expect(await run({ core: `${MEMORIES} ${start}`, init: grow(1) }, 12)).toEqual([6, 7])
})
