import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { componentCall } from '../../../../node/wasm/component/component-call.ts'
import {
  compileComponent,
  GuestTrap,
  instantiateComponent,
  switchStacks,
} from '../../../../node/wasm/component/component.ts'
import { GuestMemory } from '../../../../node/wasm/component/guest-memory.ts'
import { Handles } from '../../../../node/wasm/component/handles.ts'
import { layoutOf, record } from '../../../../node/wasm/component/layout.ts'
import type { CallFrame, CoreValue } from '../../../../node/wasm/component/layout-parts.ts'
import type { ShapeNode } from '../../../../node/wasm/component/shape.ts'
import type { StandardHost } from '../../../../node/wasm/standard.ts'
import { scriptedHost, testWasi } from '../guests/scripted-host.ts'
import { transpileWithJco } from './jco.ts'
import { write } from './written.ts'

/** Components inside one another that call each other, as those that the live tool chain composes do. */

const MEBIBYTE = 1_048_576

async function compose(parts: {
  type: string
  callee: string
  options?: string
  signature: string
  init: string
  core?: string
  inner?: string
  imports?: string
  outer?: string
  with?: string
  given?: string
}): Promise<Uint8Array> {
  const memory = '(memory (core memory $n "memory")) (realloc (core func $n "realloc"))'
  return write({
    before: `${parts.outer ?? ''}
      (component $c ${parts.inner ?? ''}
        (core module $n ${parts.imports ?? ''} (memory (export "memory") 1)
          (global $next (mut i32) (i32.const 4096)) ${parts.callee}
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
              (i32.sub (i32.const 0) (local.get 2))))
            (global.set $next (i32.add (local.get $at) (local.get 3)))
            (local.get $at)))
        (core instance $n (instantiate $n ${parts.given ?? ''}))
        (func (export "f") ${parts.type} (canon lift (core func $n "f") ${memory} ${parts.options ?? ''})))
      (instance $n (instantiate $c ${parts.with ?? ''}))
      (core module $room (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 512)))
      (core instance $room (instantiate $room))
      (core func $f (canon lower (func $n "f") (memory (core memory $room "memory"))
        (realloc (core func $room "realloc"))))`,
    core: `(import "n" "f" (func $f ${parts.signature})) (import "n" "memory" (memory $r 1))
      (export "memory" (memory $r)) ${parts.core ?? ''}`,
    given: '(with "n" (instance (export "f" (func $f)) (export "memory" (memory $room "memory"))))',
    init: parts.init,
  })
}

async function end(component: Uint8Array, answers: Partial<StandardHost> = {}): Promise<string> {
  const compiled = await compileComponent(component, { memoryMaxBytes: 2 * MEBIBYTE })
  const { standard } = scriptedHost([], answers)
  try {
    void instantiateComponent(compiled, { standard, wasi: testWasi().wasi }).init('our')
    return 'returned'
  } catch (error) {
    if (error instanceof GuestTrap) return error.message
    throw error
  }
}

const SHOULD = (condition: string): string => `(if (i32.eqz ${condition}) (then unreachable))`

/** Numbers of all widths, a variant whose cases share slots, a list of texts; a text comes back, and is given up after. */
const MIXED = compose({
  inner: '(type $v (variant (case "x" u32) (case "y" f64) (case "z" string))) (export $c "c" (type $v))',
  type: '(param "a" s8) (param "b" f64) (param "c" $c) (param "d" (list string)) (result string)',
  options: '(post-return (core func $n "done"))',
  callee: `(global $done (mut i32) (i32.const 0))
    (func (export "done") (param i32) (global.set $done (i32.add (global.get $done) (local.get 0))))
    (data (i32.const 1020) "ok")
    (func (export "f") (param i32 f64 i32 i64 i32 i32 i32) (result i32)
      ${SHOULD('(i32.eq (local.get 0) (i32.const -5))')}
      ${SHOULD('(f64.eq (local.get 1) (f64.const 2.5))')}
      ${SHOULD('(i32.eq (local.get 2) (i32.const 1))')}
      ${SHOULD('(i64.eq (local.get 3) (i64.reinterpret_f64 (f64.const 1.25)))')}
      ${SHOULD('(i32.eqz (local.get 4))')}
      ${SHOULD('(i32.eq (local.get 6) (i32.const 1))')}
      ${SHOULD('(i32.eq (i32.load offset=4 (local.get 5)) (i32.const 2))')}
      ${SHOULD('(i32.eq (i32.load16_u (i32.load (local.get 5))) (i32.const 0x6968))')}
      (i32.store (i32.const 1000) (i32.const 1020))
      (i32.store (i32.const 1004) (i32.add (i32.const 2) (i32.eqz (i32.eqz (global.get $done)))))
      (i32.const 1000))`,
  signature: '(param i32 f64 i32 i64 i32 i32 i32 i32)',
  core: '(data (memory $r) (i32.const 100) "\\70\\00\\00\\00\\02\\00\\00\\00") (data (memory $r) (i32.const 112) "hi")',
  init: [2, 3]
    .map(
      (length) => `
    (call $f (i32.const -5) (f64.const 2.5) (i32.const 1) (i64.reinterpret_f64 (f64.const 1.25)) (i32.const 0)
      (i32.const 100) (i32.const 1) (i32.const 200))
    ${SHOULD(`(i32.eq (i32.load $r offset=4 (i32.const 200)) (i32.const ${length}))`)}
    ${SHOULD('(i32.eq (i32.load16_u $r (i32.load $r (i32.const 200))) (i32.const 0x6b6f))')}`,
    )
    .join('\n'),
})

/** 17 parameters lie in memory, the 17th behind the others. */
const MANY = compose({
  type: `${Array.from({ length: 17 }, (_, at) => `(param "p${at}" u32)`).join(' ')} (result u32)`,
  callee: `(func (export "f") (param i32) (result i32)
    (i32.add (i32.load (local.get 0)) (i32.load offset=64 (local.get 0))))`,
  signature: '(param i32) (result i32)',
  init: `(i32.store $r (i32.const 16) (i32.const 40)) (i32.store $r offset=64 (i32.const 16) (i32.const 2))
    ${SHOULD('(i32.eq (call $f (i32.const 16)) (i32.const 42))')}`,
})

test.each([
  ['numbers, a variant, a list and a text', MIXED],
  ['more parameters than fit into registers', MANY],
])('%s pass from one component to another, each with its own memory', async (_, component) => {
  expect(await end(await component)).toBe('returned')
})

test.each([
  ['numbers, a variant, a list and a text', MIXED],
  ['more parameters than fit into registers', MANY],
])('%s pass in jco in the same way', async (_, component) => {
  const { instantiate } = await transpileWithJco(await component)
  expect(() => instantiate(scriptedHost([]).standard).init('our')).not.toThrow()
})

test('a component that traps when another calls it ends the process', async () => {
  const component = await compose({
    type: '',
    callee: '(func (export "f") unreachable)',
    signature: '',
    init: '(call $f)',
  })
  expect(await end(component)).toBe('unreachable')
})

test('text that is not UTF-8 ends the process on its way', async () => {
  const component = await compose({
    type: '(param "a" string)',
    callee: '(func (export "f") (param i32 i32))',
    signature: '(param i32 i32)',
    core: '(data (memory $r) (i32.const 100) "\\ff")',
    init: '(call $f (i32.const 100) (i32.const 1))',
  })
  expect(await end(component)).toBe('the guest gave 1 byte at 100 as text, expected UTF-8')
})

const WAITING = compose({
  outer: '(import "hyperware:process/standard@1.0.0" (instance $s (export "clear-state" (func))))',
  with: '(with "s" (instance $s))',
  inner: `(import "s" (instance $s (export "clear-state" (func))))
    (core func $clear (canon lower (func $s "clear-state")))`,
  given: '(with "s" (instance (export "clear" (func $clear))))',
  type: '(result u32)',
  imports: '(import "s" "clear" (func $clear))',
  callee: '(func (export "f") (result i32) (call $clear) (i32.const 7))',
  signature: '(result i32)',
  init: SHOULD('(i32.eq (call $f) (i32.const 7))'),
})

test('a component that another calls may wait for the host, on a blocked thread and on a stack set aside', async () => {
  expect(await end(await WAITING, { clearState: () => undefined })).toBe('returned')
  const compiled = await compileComponent(await WAITING, { memoryMaxBytes: 2 * MEBIBYTE })
  let cleared = 0
  const clearState = async (): Promise<void> => {
    await Promise.resolve()
    cleared += 1
  }
  const { standard } = scriptedHost([], { clearState })
  await instantiateComponent(compiled, { standard, wasi: testWasi().wasi, blocking: switchStacks }).init('our')
  expect(cleared).toBe(1)
})

test('a function whose type has parts without end is refused before anything runs', async () => {
  const doubled = Array.from({ length: 20 }, (_, at) => `(type $t${at + 1} (tuple $t${at} $t${at}))`)
  const component = await write({
    before: `(component $c (type $t0 u8) ${doubled.join(' ').replace('tuple $t0 $t0', 'tuple u8 u8')}
        (core module $n (memory (export "memory") 1) (func (export "f") (param i32))
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8)))
        (core instance $n (instantiate $n))
        (func (export "f") (param "a" $t20)
          (canon lift (core func $n "f") (memory (core memory $n "memory")) (realloc (core func $n "realloc")))))
      (instance $n (instantiate $c))
      (core func $f (canon lower (func $n "f")))`,
  })
  await expect(compileComponent(component, { memoryMaxBytes: MEBIBYTE })).rejects.toThrow(
    'a call of a function whose type has 2097151 parts, more than 2000',
  )
})

/** A type, and values of it in the form that they have between two memories. */
type Typed = { readonly shape: ShapeNode; readonly value: unknown }

const leaf: fc.Arbitrary<Typed> = fc.oneof(
  ...[8, 16, 32].flatMap((bits) => [
    fc.nat(2 ** bits - 1).map((value) => ({ shape: { kind: `u${bits}` } as ShapeNode, value })),
    fc
      .integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
      .map((value) => ({ shape: { kind: `s${bits}` } as ShapeNode, value })),
  ]),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ shape: { kind: 'u64' } as const, value })),
  fc.float({ noNaN: true }).map((value) => ({ shape: { kind: 'f32' } as const, value })),
  fc.double({ noNaN: true }).map((value) => ({ shape: { kind: 'f64' } as const, value })),
  fc.boolean().map((value) => ({ shape: { kind: 'bool' } as const, value })),
  fc.constantFrom(0, 0x41, 0xd7ff, 0xe000, 0x10_ffff).map((value) => ({ shape: { kind: 'char' } as const, value })),
  fc.string({ unit: 'grapheme' }).map((value) => ({ shape: { kind: 'string' } as const, value })),
  fc.uint8Array().map((value) => ({ shape: { kind: 'list', element: { kind: 'u8' } } as const, value })),
  fc.nat(511).map((value) => ({ shape: { kind: 'flags', names: 'a b c d e f g h i'.split(' ') } as const, value })),
  fc.constantFrom('a', 'b').map((value) => ({ shape: { kind: 'enum', names: ['a', 'b'] } as const, value })),
)

const { typed } = fc.letrec<{ typed: Typed }>((tie) => ({
  typed: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('typed'), { minLength: 1, maxLength: 5 }).map((items) => ({
      shape: { kind: 'tuple' as const, items: items.map(({ shape }) => shape) },
      value: items.map(({ value }) => value),
    })),
    fc.array(tie('typed'), { minLength: 1, maxLength: 4 }).chain((items) =>
      fc.nat(items.length - 1).map((at) => ({
        shape: {
          kind: 'variant' as const,
          cases: items.map(({ shape }, index) => ({ name: `c${index}`, shape: index === 0 ? undefined : shape })),
        },
        value: at === 0 ? { kind: 'c0' } : { kind: `c${at}`, value: items[at]?.value },
      })),
    ),
    fc.tuple(tie('typed'), tie('typed'), fc.boolean()).map(([ok, error, good]) => ({
      shape: { kind: 'result' as const, ok: ok.shape, error: error.shape },
      value: good ? { ok: ok.value } : { error: error.value },
    })),
    fc.tuple(tie('typed'), fc.nat(3)).map(([{ shape, value }, length]) => ({
      shape: { kind: 'list' as const, element: { kind: 'tuple' as const, items: [shape] } },
      value: Array.from({ length }, () => [value]),
    })),
  ),
}))

/** A memory of some pages in which room is taken from the front on. */
function room(): () => CallFrame {
  const memory = new WebAssembly.Memory({ initial: 4 })
  let top = 64
  const realloc = (_old: number, _oldSize: number, align: number, size: number): number => {
    const start = Math.ceil(top / align) * align
    top = start + size
    return start
  }
  const handles = new Handles()
  return () => ({ memory: new GuestMemory(memory, realloc), handles })
}

test('every value comes out of another component as it went in', () => {
  fc.assert(
    fc.property(fc.array(typed, { minLength: 1, maxLength: 3 }), (values) => {
      const params = values.map(({ shape }, at) => ({ name: `p${at}`, key: `p${at}`, shape }))
      const given = Object.fromEntries(values.map(({ value }, at) => [`p${at}`, value]))
      const layout = record(params)
      const result: ShapeNode = { kind: 'record', fields: params }
      const out = layoutOf(result)
      const [caller, callee] = [room(), room()]
      const direct = layout.slots.length <= 16
      const place = (frame: CallFrame, value: unknown): number => {
        const pointer = frame.memory.allocate(out.size, out.align)
        out.store(frame, pointer, value)
        return pointer
      }
      const passed = direct ? [...layout.spread(caller(), given)] : [place(caller(), given)]
      const inMemory = out.slots.length > 1
      const resultAt = inMemory ? caller().memory.allocate(out.size, out.align) : 0
      const returned = componentCall({ params, result }).run(
        {
          caller,
          callee,
          run(...received: readonly CoreValue[]) {
            const frame = callee()
            const heard = direct ? layout.lift(0)(frame, received) : layout.load(frame, Number(received[0]))
            return inMemory ? place(frame, heard) : out.lower(frame, heard)
          },
          postReturn: undefined,
        },
        inMemory ? [...passed, resultAt] : passed,
      )
      const frame = caller()
      const got = inMemory ? out.load(frame, resultAt) : out.lift(0)(frame, [returned as CoreValue])
      expect(got).toEqual(given)
    }),
    { numRuns: 500, seed: 11 },
  )
})
