import { sum, variant } from './cases.ts'
import { alignTo, type CallFrame, float, int32, int64, type Layout, notOffered } from './layout-parts.ts'
import { type Field, HostTrap, type ShapeNode } from './shape.ts'

const layouts = new WeakMap<ShapeNode, Layout>()

/** The layout of a shape, worked out once. */
export function layoutOf(shape: ShapeNode): Layout {
  const known = layouts.get(shape)
  if (known !== undefined) return known
  const layout = makeLayout(shape)
  layouts.set(shape, layout)
  return layout
}

function makeLayout(shape: ShapeNode): Layout {
  switch (shape.kind) {
    case 'bool':
      return integer(
        1,
        (value) => value !== 0,
        (value) => (value === true ? 1 : 0),
      )
    case 'u8':
      return integer(1, (value) => value & 0xff, Number)
    case 's8':
      return integer(1, (value) => (value << 24) >> 24, Number)
    case 'u16':
      return integer(2, (value) => value & 0xffff, Number)
    case 's16':
      return integer(2, (value) => (value << 16) >> 16, Number)
    case 'u32':
      return integer(4, (value) => value >>> 0, Number)
    case 's32':
      return integer(4, (value) => value | 0, Number)
    case 'u64':
    case 's64':
      return u64
    case 'f32':
      return floating(4)
    case 'f64':
      return floating(8)
    case 'char':
      return integer(4, character, Number)
    case 'flags':
      return flags(shape.names.length)
    case 'string':
      return text
    case 'list':
      return shape.element.kind === 'u8' ? byteList : list(layoutOf(shape.element))
    case 'record':
      return record(shape.fields)
    case 'tuple':
      return tuple(shape.items.map(layoutOf))
    case 'option':
      return sum([undefined, layoutOf(shape.some)], {
        wrap: (_tag, payload) => payload,
        tagOf: (value) => (value === undefined ? 0 : 1),
        payloadOf: (value) => value,
      })
    case 'result':
      return sum([shape.ok && layoutOf(shape.ok), shape.error && layoutOf(shape.error)], {
        wrap: (tag, payload) => (tag === 0 ? { ok: payload } : { error: payload }),
        tagOf: (value) => ('ok' in (value as object) ? 0 : 1),
        payloadOf: (value) =>
          'ok' in (value as object) ? (value as { ok: unknown }).ok : (value as { error: unknown }).error,
      })
    case 'variant':
      return variant(shape.cases.map(({ name, shape }) => ({ name, layout: shape && layoutOf(shape) })))
    case 'enum':
      return sum(
        shape.names.map(() => undefined),
        {
          wrap: (tag) => shape.names[tag],
          tagOf: (value) => shape.names.indexOf(value as string),
          payloadOf: () => undefined,
        },
      )
    case 'own':
      return integer(
        4,
        (value, frame) => frame.handles.take(shape.resource, value),
        (value, frame) => frame.handles.add(shape.resource, value as object),
      )
    case 'borrow':
      return integer(4, (value, frame) => frame.handles.get(shape.resource, value), notBothWays)
    case 'mapped':
      return mapped(layoutOf(shape.inner), shape.lift ?? notBothWays, shape.lower ?? notBothWays)
  }
}

function notBothWays(): never {
  throw new HostTrap('a value went the way that values of its type never go')
}

function integer(
  size: 1 | 2 | 4,
  lift: (value: number, frame: CallFrame) => unknown,
  lower: (value: unknown, frame: CallFrame) => number,
): Layout {
  const get = { 1: 'getUint8', 2: 'getUint16', 4: 'getUint32' } as const
  const set = { 1: 'setUint8', 2: 'setUint16', 4: 'setUint32' } as const
  const getter = get[size]
  const setter = set[size]
  return {
    size,
    align: size,
    slots: ['i32'],
    pointers: false,
    load: (frame, pointer) => lift(frame.memory.view[getter](pointer, true), frame),
    store: (frame, pointer, value) => frame.memory.view[setter](pointer, lower(value, frame), true),
    lift: (first) => (frame, params) => lift(int32(params, first), frame),
    lower: (frame, value) => lower(value, frame),
    spread: (frame, value) => [lower(value, frame)],
  }
}

function floating(size: 4 | 8): Layout {
  const [get, set, slot] =
    size === 4 ? (['getFloat32', 'setFloat32', 'f32'] as const) : (['getFloat64', 'setFloat64', 'f64'] as const)
  return {
    size,
    align: size,
    slots: [slot],
    pointers: false,
    load: (frame, pointer) => frame.memory.view[get](pointer, true),
    store: (frame, pointer, value) => frame.memory.view[set](pointer, value as number, true),
    lift: (first) => (_frame, params) => float(params, first),
    lower: (_frame, value) => value as number,
    spread: (_frame, value) => [value as number],
  }
}

function character(value: number): number {
  const code = value >>> 0
  if (code < 0x11_0000 && (code < 0xd800 || code > 0xdfff)) return code
  throw new HostTrap(`the guest gave ${code} as a character, expected a Unicode scalar value`)
}

/** Here they are the bits. */
function flags(count: number): Layout {
  if (count === 0 || count > 32) return notOffered(`flags of ${count}`)
  const bits = count === 32 ? -1 : (1 << count) - 1
  return integer(count <= 8 ? 1 : count <= 16 ? 2 : 4, (value) => (value & bits) >>> 0, Number)
}

const u64: Layout = {
  size: 8,
  align: 8,
  slots: ['i64'],
  pointers: false,
  load: (frame, pointer) => frame.memory.view.getBigUint64(pointer, true),
  store: (frame, pointer, value) => frame.memory.view.setBigUint64(pointer, value as bigint, true),
  lift: (first) => (_frame, params) => BigInt.asUintN(64, int64(params, first)),
  lower: (_frame, value) => value as bigint,
  spread: (_frame, value) => [value as bigint],
}

/** Values that are a pointer and a length in their place. */
function pointed(
  read: (frame: CallFrame, pointer: number, length: number) => unknown,
  write: (frame: CallFrame, value: unknown) => { readonly pointer: number; readonly length: number },
): Layout {
  return {
    size: 8,
    align: 4,
    slots: ['i32', 'i32'],
    pointers: true,
    load: (frame, pointer) => {
      const { view } = frame.memory
      return read(frame, view.getUint32(pointer, true), view.getUint32(pointer + 4, true))
    },
    store: (frame, pointer, value) => {
      const { pointer: at, length } = write(frame, value)
      frame.memory.view.setUint32(pointer, at, true)
      frame.memory.view.setUint32(pointer + 4, length, true)
    },
    lift: (first) => (frame, params) => read(frame, int32(params, first), int32(params, first + 1)),
    lower: notBothWays,
    spread: (frame, value) => {
      const { pointer, length } = write(frame, value)
      return [pointer, length]
    },
  }
}

const text = pointed(
  (frame, pointer, length) => frame.memory.text(pointer, length),
  (frame, value) => frame.memory.putText(value as string),
)

const byteList = pointed(
  (frame, pointer, length) => frame.memory.copy(pointer, length),
  (frame, value) => ({ pointer: frame.memory.putBytes(value as Uint8Array), length: (value as Uint8Array).length }),
)

/** A list of anything but bytes: its values take many times as much here as in the guest. */
const LIST_MAX_BYTES = 4_194_304

function list(element: Layout): Layout {
  const { size, align } = element
  return pointed(
    (frame, pointer, length) => {
      const count = length >>> 0
      if (count * size > LIST_MAX_BYTES) {
        throw new HostTrap(`the guest gave a list of ${count * size} bytes, expected at most ${LIST_MAX_BYTES}`)
      }
      const start = frame.memory.take(pointer, count * size, align)
      const values: unknown[] = []
      for (let at = 0; at < count; at++) values.push(element.load(frame, start + at * size))
      return values
    },
    (frame, value) => {
      const values = value as readonly unknown[]
      const pointer = frame.memory.allocate(values.length * size, align)
      for (const [at, item] of values.entries()) element.store(frame, pointer + at * size, item)
      return { pointer, length: values.length }
    },
  )
}

type Part = { readonly layout: Layout; readonly offset: number; readonly slot: number }

/** Parts one after the other, each at the next multiple of its alignment. */
function placeParts(layouts: readonly Layout[]): {
  readonly parts: readonly Part[]
  readonly whole: Pick<Layout, 'size' | 'align' | 'slots' | 'pointers'>
} {
  let offset = 0
  let slot = 0
  const parts = layouts.map((layout) => {
    const part = { layout, offset: alignTo(offset, layout.align), slot }
    offset = part.offset + layout.size
    slot += layout.slots.length
    return part
  })
  const align = Math.max(1, ...layouts.map((layout) => layout.align))
  const slots = layouts.flatMap((layout) => layout.slots)
  const pointers = layouts.some((layout) => layout.pointers)
  return { parts, whole: { size: alignTo(offset, align), align, slots, pointers } }
}

/** The layout of a record; also that of the parameters of a function. */
export function record(fields: readonly Field[]): Layout {
  const { parts, whole } = placeParts(fields.map((field) => layoutOf(field.shape)))
  const keyed = parts.map(({ layout, offset, slot }, at) => ({ layout, offset, slot, key: fields[at]?.key ?? '' }))
  return {
    ...whole,
    load: (frame, pointer) => {
      const value: Record<string, unknown> = {}
      for (const { layout, offset, key } of keyed) value[key] = layout.load(frame, pointer + offset)
      return value
    },
    store: (frame, pointer, value) => {
      const object = value as Record<string, unknown>
      for (const { layout, offset, key } of keyed) layout.store(frame, pointer + offset, object[key])
    },
    lift: (first) => {
      const lifts = keyed.map(({ layout, slot, key }) => ({ key, lift: layout.lift(first + slot) }))
      return (frame, params) => {
        const value: Record<string, unknown> = {}
        for (const { key, lift } of lifts) value[key] = lift(frame, params)
        return value
      }
    },
    // A record of one field that fits into one slot is that field.
    lower: (frame, value) => keyed[0]?.layout.lower(frame, (value as Record<string, unknown>)[keyed[0].key]) ?? 0,
    spread: (frame, value) =>
      keyed.flatMap(({ layout, key }) => layout.spread(frame, (value as Record<string, unknown>)[key])),
  }
}

function tuple(layouts: readonly Layout[]): Layout {
  const { parts, whole } = placeParts(layouts)
  return {
    ...whole,
    load: (frame, pointer) => parts.map(({ layout, offset }) => layout.load(frame, pointer + offset)),
    store: (frame, pointer, value) => {
      const items = value as readonly unknown[]
      for (const [at, { layout, offset }] of parts.entries()) layout.store(frame, pointer + offset, items[at])
    },
    lift: (first) => {
      const lifts = parts.map(({ layout, slot }) => layout.lift(first + slot))
      return (frame, params) => lifts.map((lift) => lift(frame, params))
    },
    lower: (frame, value) => parts[0]?.layout.lower(frame, (value as readonly unknown[])[0]) ?? 0,
    spread: (frame, value) =>
      parts.flatMap(({ layout }, at) => layout.spread(frame, (value as readonly unknown[])[at])),
  }
}

function mapped(inner: Layout, lift: (value: unknown) => unknown, lower: (value: unknown) => unknown): Layout {
  return {
    ...inner,
    load: (frame, pointer) => lift(inner.load(frame, pointer)),
    store: (frame, pointer, value) => inner.store(frame, pointer, lower(value)),
    lift: (first) => {
      const liftInner = inner.lift(first)
      return (frame, params) => lift(liftInner(frame, params))
    },
    lower: (frame, value) => inner.lower(frame, lower(value)),
    spread: (frame, value) => inner.spread(frame, lower(value)),
  }
}
