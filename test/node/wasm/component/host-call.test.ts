import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { GuestMemory } from '../../../../node/wasm/component/guest-memory.ts'
import { Handles } from '../../../../node/wasm/component/handles.ts'
import { hostCall } from '../../../../node/wasm/component/host-call.ts'
import { layoutOf } from '../../../../node/wasm/component/layout.ts'
import type { CallFrame, CoreValue, Layout } from '../../../../node/wasm/component/layout-parts.ts'
import { type HostFunction, HostExit, HostTrap } from '../../../../node/wasm/component/shape.ts'
import * as shape from '../../../../node/wasm/component/shape.ts'
import { STANDARD_FUNCTIONS } from '../../../../node/wasm/standard.ts'
import { WASI_INTERFACES } from '../../../../node/wasm/wasi/interfaces.ts'
import { request, scriptedHost, testWasi } from '../guests/scripted-host.ts'

const PAGE = 65_536

/** A guest's memory of one page, in which room is taken from the front on. */
function room(contents: Uint8Array = new Uint8Array(0)): { readonly frame: CallFrame; readonly top: () => number } {
  const memory = new WebAssembly.Memory({ initial: 1 })
  new Uint8Array(memory.buffer).set(contents)
  let top = 0
  const realloc = (_old: number, _oldSize: number, align: number, size: number): number => {
    const start = Math.ceil(top / align) * align
    top = start + size
    return start
  }
  return { frame: { memory: new GuestMemory(memory, realloc), handles: new Handles() }, top: () => top }
}

const every: readonly (readonly [name: string, host: unknown, declared: HostFunction<never>])[] = [
  ...Object.entries(STANDARD_FUNCTIONS).map(([name, declared]) => [name, 'standard', declared] as const),
  ...Object.entries(WASI_INTERFACES).flatMap(([interfaceName, { functions }]) =>
    Object.entries(functions).map(([name, declared]) => [`${interfaceName} ${name}`, 'wasi', declared] as const),
  ),
]

const pointer = fc.oneof(fc.nat(64), fc.nat(PAGE + 16), fc.integer())
const param = fc.oneof<fc.Arbitrary<CoreValue>[]>(
  pointer,
  pointer,
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
// Small numbers make for tags, lengths and pointers that hold, so that reading gets far.
const contents = fc.array(fc.oneof(fc.constant(0), fc.constant(0), fc.nat(16), fc.nat(255)), { maxLength: 600 })

test.each(every)('%s takes any parameters and any memory, or ends the guest', (_name, host, declared) => {
  fc.assert(
    fc.property(fc.array(param, { minLength: 17, maxLength: 17 }), contents, (params, bytes) => {
      const { frame } = room(Uint8Array.from(bytes))
      const hosts = { standard: scriptedHost([request('m')]).standard, wasi: { ...testWasi().wasi, sleep: () => {} } }
      try {
        hostCall(declared).run(hosts[host as keyof typeof hosts], () => frame, params)
      } catch (error) {
        if (!(error instanceof HostTrap || error instanceof HostExit)) throw error
      }
    }),
    { numRuns: 300, seed: 7 },
  )
})

const values = fc.record({
  flag: fc.boolean(),
  small: fc.nat(255),
  middle: fc.nat(65_535),
  large: fc.nat(0xffff_ffff),
  huge: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  text: fc.string({ unit: 'grapheme' }),
  body: fc.uint8Array(),
  maybe: fc.option(fc.bigInt({ min: 0n, max: 9n }), { nil: undefined }),
  choice: fc.constantFrom('one', 'two', 'three'),
  either: fc.oneof(fc.record({ ok: fc.nat(255) }), fc.record({ error: fc.string() })),
  pairs: fc.array(fc.tuple(fc.nat(255), fc.string()), { maxLength: 8 }),
  one: fc.oneof(
    fc.constant({ kind: 'none' as const }),
    fc.record({ kind: fc.constant('some' as const), value: fc.nat() }),
  ),
})
const everything: Layout = layoutOf(
  shape.record({
    flag: shape.bool,
    small: shape.u8,
    middle: shape.u16,
    large: shape.u32,
    huge: shape.u64,
    text: shape.string,
    body: shape.bytes,
    maybe: shape.option(shape.u64),
    choice: shape.oneOf('one', 'two', 'three'),
    either: shape.result(shape.u8, shape.string),
    pairs: shape.list(shape.tuple(shape.u8, shape.string)),
    one: shape.variant({ none: undefined, some: shape.u32 }),
  }),
)

test('what is written to a guest’s memory reads back the same', () => {
  fc.assert(
    fc.property(values, (value) => {
      const { frame } = room()
      const at = frame.memory.allocate(everything.size, everything.align)
      everything.store(frame, at, value)
      expect(everything.load(frame, at)).toEqual(value)
    }),
    { numRuns: 500, seed: 11 },
  )
})

test('sizes and places are those of the canonical ABI', () => {
  // Worked out by hand from the rules of alignment; the structs of the guest in C say the same.
  const address = STANDARD_FUNCTIONS['our']?.result
  const event = STANDARD_FUNCTIONS['receive']?.result
  if (address === undefined || event === undefined) throw new Error('the functions are not declared')
  expect([layoutOf(address).size, layoutOf(address).align, layoutOf(address).slots.length]).toEqual([32, 4, 8])
  expect([layoutOf(event).size, layoutOf(event).align]).toEqual([152, 8])
})
