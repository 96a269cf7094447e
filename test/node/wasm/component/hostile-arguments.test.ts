import { expect, test } from 'vitest'
import { GuestMemory } from '../../../../node/wasm/component/guest-memory.ts'
import { Handles } from '../../../../node/wasm/component/handles.ts'
import { hostCall } from '../../../../node/wasm/component/host-call.ts'
import { layoutOf } from '../../../../node/wasm/component/layout.ts'
import type { CallFrame, CoreValue } from '../../../../node/wasm/component/layout-parts.ts'
import { HostTrap, type ShapeNode } from '../../../../node/wasm/component/shape.ts'
import { STANDARD_FUNCTIONS } from '../../../../node/wasm/standard.ts'
import { request, scriptedHost } from '../guests/scripted-host.ts'

/**
 * Every argument of the 19 functions, with one thing wrong at a time. A call is laid out here by its own rules: each text
 * and list has one element, each option something, each variant each of its cases in turn. Beside the call stands where
 * each pointer, length and tag of it lies.
 */
type Place = { readonly read: () => number; readonly write: (value: number) => void }
type Leaf =
  | { readonly kind: 'text' | 'bytes'; readonly path: string; readonly pointer: Place; readonly length: Place }
  | {
      readonly kind: 'list'
      readonly path: string
      readonly pointer: Place
      readonly length: Place
      readonly element: { readonly size: number; readonly align: number }
    }
  | { readonly kind: 'tag'; readonly path: string; readonly tag: Place; readonly cases: number }

const PAGE = 65_536
const PARAMS_MAX = 16

type Room = {
  readonly view: DataView
  readonly frame: CallFrame
  readonly take: (size: number, align: number) => number
}

function openRoom(): Room {
  const memory = new WebAssembly.Memory({ initial: 1 })
  let top = 8
  const take = (size: number, align: number): number => {
    const start = Math.ceil(top / align) * align
    top = start + size
    return start
  }
  const realloc = (_old: number, _oldSize: number, align: number, size: number): number => take(size, align)
  const frame = { memory: new GuestMemory(memory, realloc), handles: new Handles() }
  return { view: new DataView(memory.buffer), frame, take }
}

/** Each shape is a sum of some kind, or none: its cases, and the size of what precedes them. */
function casesOf(shape: ShapeNode): readonly (ShapeNode | undefined)[] | undefined {
  switch (shape.kind) {
    case 'option':
      return [undefined, shape.some]
    case 'result':
      return [shape.ok, shape.error]
    case 'variant':
      return shape.cases.map(({ shape: payload }) => payload)
    case 'enum':
      return shape.names.map(() => undefined)
    default:
      return undefined
  }
}

function partsOf(shape: ShapeNode): readonly (readonly [string, ShapeNode])[] | undefined {
  if (shape.kind === 'record') return shape.fields.map(({ name, shape: field }) => [name, field] as const)
  if (shape.kind === 'tuple') return shape.items.map((item, at) => [String(at), item] as const)
  return undefined
}

/** The last case has the most in it, in every type of this interface; `pick` chooses another. */
type Pick = (path: string, cases: number) => number

function inMemory(room: Room, pointer: number): Place {
  return {
    read: () => room.view.getUint32(pointer, true),
    write: (value) => room.view.setUint32(pointer, value, true),
  }
}

/** Lays a value out in memory, and gives its leaves. */
function store(room: Room, shape: ShapeNode, pointer: number, path: string, pick: Pick): Leaf[] {
  if (shape.kind === 'mapped') return store(room, shape.inner, pointer, path, pick)
  const cases = casesOf(shape)
  if (cases !== undefined) {
    const tag = pick(path, cases.length)
    room.view.setUint8(pointer, tag)
    const place = { read: () => tag, write: (value: number) => room.view.setUint8(pointer, value) }
    const payload = cases[tag]
    const align = Math.max(1, ...cases.map((each) => (each === undefined ? 1 : layoutOf(each).align)))
    const inside = payload === undefined ? [] : store(room, payload, pointer + align, `${path}#${tag}`, pick)
    return [{ kind: 'tag', path, tag: place, cases: cases.length }, ...inside]
  }
  const parts = partsOf(shape)
  if (parts !== undefined) {
    let offset = 0
    return parts.flatMap(([name, part]) => {
      const { size, align } = layoutOf(part)
      offset = Math.ceil(offset / align) * align
      const leaves = store(room, part, pointer + offset, `${path}.${name}`, pick)
      offset += size
      return leaves
    })
  }
  if (shape.kind !== 'string' && shape.kind !== 'list') return [] // zero is as good as any number
  return pointed(room, shape, inMemory(room, pointer), inMemory(room, pointer + 4), path, pick)
}

function pointed(room: Room, shape: ShapeNode, pointer: Place, length: Place, path: string, pick: Pick): Leaf[] {
  length.write(1)
  if (shape.kind !== 'list' || shape.element.kind === 'u8') {
    const at = room.take(1, 1)
    room.view.setUint8(at, 'x'.charCodeAt(0))
    pointer.write(at)
    return [{ kind: shape.kind === 'list' ? 'bytes' : 'text', path, pointer, length }]
  }
  const element = layoutOf(shape.element)
  const at = room.take(element.size, element.align)
  pointer.write(at)
  return [{ kind: 'list', path, pointer, length, element }, ...store(room, shape.element, at, `${path}[0]`, pick)]
}

/** Lays a value out among the parameters of a core function. */
function flatten(room: Room, shape: ShapeNode, params: CoreValue[], path: string, pick: Pick): Leaf[] {
  if (shape.kind === 'mapped') return flatten(room, shape.inner, params, path, pick)
  const first = params.length
  const { slots } = layoutOf(shape)
  const place = (at: number): Place => ({
    read: () => Number(params[at]),
    write: (value) => void (params[at] = value | 0),
  })
  const cases = casesOf(shape)
  if (cases !== undefined) {
    const tag = pick(path, cases.length)
    params.push(tag)
    const payload = cases[tag]
    const inside = payload === undefined ? [] : flatten(room, payload, params, `${path}#${tag}`, pick)
    for (let at = params.length - first; at < slots.length; at += 1) params.push(slots[at] === 'i64' ? 0n : 0)
    return [{ kind: 'tag', path, tag: place(first), cases: cases.length }, ...inside]
  }
  const parts = partsOf(shape)
  if (parts !== undefined) return parts.flatMap(([name, part]) => flatten(room, part, params, `${path}.${name}`, pick))
  params.push(...slots.map((slot) => (slot === 'i64' ? 0n : 0)))
  if (shape.kind !== 'string' && shape.kind !== 'list') return []
  return pointed(room, shape, place(first), place(first + 1), path, pick)
}

function layOut(name: string, pick: Pick) {
  const declared = STANDARD_FUNCTIONS[name]
  if (declared === undefined) throw new Error(`there is no ${name}`)
  const room = openRoom()
  const given: ShapeNode = { kind: 'record', fields: declared.params }
  const layout = layoutOf(given)
  const params: CoreValue[] = []
  const pointers: { readonly path: string; readonly align: number; readonly place: Place }[] = []
  const place = (at: number): Place => ({
    read: () => Number(params[at]),
    write: (value) => void (params[at] = value | 0),
  })
  let leaves: Leaf[]
  if (layout.slots.length <= PARAMS_MAX) leaves = flatten(room, given, params, name, pick)
  else {
    const at = room.take(layout.size, layout.align)
    params.push(at)
    pointers.push({ path: `${name} parameters`, align: layout.align, place: place(0) })
    leaves = store(room, given, at, name, pick)
  }
  const result = declared.result && layoutOf(declared.result)
  if (result !== undefined && result.slots.length > 1) {
    params.push(room.take(result.size, result.align))
    pointers.push({ path: `${name} result`, align: result.align, place: place(params.length - 1) })
  }
  let called = 0
  const run = (): void => {
    const { standard } = scriptedHost([request('m')])
    const counting = Object.entries(standard).map(([key, call]: [string, (...args: never[]) => unknown]) => [
      key,
      (...args: never[]) => {
        called += 1
        return call(...args)
      },
    ])
    hostCall(declared).run(Object.fromEntries(counting), () => room.frame, params)
  }
  return { room, leaves, pointers, run, called: () => called }
}

const last: Pick = (_path, cases) => cases - 1

/** Each way to choose the cases of variants that shows other leaves: the last, and every other case at each place. */
function choices(name: string): readonly Pick[] {
  const tags = layOut(name, last).leaves.filter((leaf) => leaf.kind === 'tag')
  const others = tags.flatMap(({ path, cases }) =>
    Array.from(
      { length: cases - 1 },
      (_, chosen): Pick =>
        (at, count) =>
          at === path ? chosen : count - 1,
    ),
  )
  return [last, ...others]
}

const BAD_TEXT = [
  [0xc3, 0x28], // a sequence that does not go on
  [0xc0, 0x80], // zero, longer than it need be
  [0xed, 0xa0, 0x80], // half of a pair of surrogates
  [0xf4, 0x90, 0x80, 0x80], // beyond the last character
] as const

/** What can be wrong with a pointer to `size` bytes and its length. */
function badRanges(size: number): readonly (readonly [what: string, pointer: number, length: number])[] {
  return [
    ['beyond the memory', 0xffff_fff8, 1],
    ['across its end', PAGE - 8, Math.ceil(16 / size)],
    ['around its end, back to the beginning', 0x8000_0000, 0x8000_0000],
    ['as long as can be', 8, 0xffff_ffff],
    ['longer than the memory', 8, PAGE],
  ]
}

type Wrong = { readonly what: string; readonly make: (call: ReturnType<typeof layOut>) => void }

function wrongs(leaf: Leaf, index: number): Wrong[] {
  const at = (call: ReturnType<typeof layOut>): Leaf => call.leaves[index] as Leaf
  if (leaf.kind === 'tag') {
    return [leaf.cases, 0x7f, 0x80, 0xff].map((tag) => ({
      what: `${leaf.path} is case ${tag}`,
      make: (call) => {
        const target = at(call)
        if (target.kind === 'tag') target.tag.write(tag)
      },
    }))
  }
  const set = (call: ReturnType<typeof layOut>, pointer: number, length: number): void => {
    const target = at(call)
    if (target.kind === 'tag') return
    target.pointer.write(pointer)
    target.length.write(length)
  }
  const size = leaf.kind === 'list' ? leaf.element.size : 1
  const ranges = badRanges(size).map(([what, pointer, length]): Wrong => ({
    what: `${leaf.path} ${what}`,
    make: (call) => set(call, pointer, length),
  }))
  if (leaf.kind === 'text') {
    const texts = BAD_TEXT.map((bytes): Wrong => ({
      what: `${leaf.path} of the bytes ${bytes.join(' ')}`,
      make: (call) => {
        const start = call.room.take(bytes.length, 1)
        for (const [offset, byte] of bytes.entries()) call.room.view.setUint8(start + offset, byte)
        set(call, start, bytes.length)
      },
    }))
    return [...ranges, ...texts]
  }
  if (leaf.kind === 'bytes') return ranges
  const misaligned: Wrong = {
    what: `${leaf.path} between its places`,
    make: (call) => {
      const target = at(call)
      if (target.kind === 'list') target.pointer.write(target.pointer.read() + 1)
    },
  }
  return [...ranges, misaligned]
}

test.each(Object.keys(STANDARD_FUNCTIONS))('%s refuses each wrong pointer, length, tag and text', (name) => {
  for (const pick of choices(name)) {
    const sound = layOut(name, pick)
    sound.run()
    expect(sound.called(), 'with nothing wrong').toBe(1)
    for (const [index, leaf] of sound.leaves.entries()) {
      for (const { what, make } of wrongs(leaf, index)) {
        const call = layOut(name, pick)
        make(call)
        expect(() => call.run(), what).toThrow(HostTrap)
        expect(call.called(), `${what}: calls of the host`).toBe(0)
      }
    }
    for (const [index, { path, align }] of sound.pointers.entries()) {
      for (const bad of [0xffff_fff8, PAGE, ...(align > 1 ? [9] : [])]) {
        const call = layOut(name, pick)
        call.pointers[index]?.place.write(bad)
        expect(() => call.run(), `${path} at ${bad}`).toThrow(HostTrap)
      }
    }
  }
})
