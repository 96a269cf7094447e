import { alignTo, type CoreValue, float, int32, int64, type Layout, notOffered, type Slot } from './layout-parts.ts'
import { HostTrap } from './shape.ts'

export function variant(cases: readonly { readonly name: string; readonly layout: Layout | undefined }[]): Layout {
  const names = cases.map(({ name }) => name)
  return sum(
    cases.map(({ layout }) => layout),
    {
      wrap: (tag, payload) =>
        cases[tag]?.layout === undefined ? { kind: names[tag] } : { kind: names[tag], value: payload },
      tagOf: (value) => names.indexOf((value as { kind: string }).kind),
      payloadOf: (value) => (value as { value: unknown }).value,
    },
  )
}

/** One of several cases: a tag of one byte, then the payload. */
export function sum(
  cases: readonly (Layout | undefined)[],
  form: {
    readonly wrap: (tag: number, payload: unknown) => unknown
    readonly tagOf: (value: unknown) => number
    readonly payloadOf: (value: unknown) => unknown
  },
): Layout {
  if (cases.length > 256) notOffered(`variant of ${cases.length} cases`)
  const payloads = cases.filter((layout) => layout !== undefined)
  const align = Math.max(1, ...payloads.map((layout) => layout.align))
  const payloadAt = alignTo(1, align)
  const shared = joinSlots(payloads)
  const check = (tag: number): number => {
    if (tag >>> 0 < cases.length) return tag
    throw new HostTrap(`the guest gave the case ${tag >>> 0} of a variant, expected one below ${cases.length}`)
  }
  return {
    size: alignTo(payloadAt + Math.max(0, ...payloads.map((layout) => layout.size)), align),
    align,
    slots: ['i32', ...shared],
    pointers: payloads.some((layout) => layout.pointers),
    load: (frame, pointer) => {
      const tag = check(frame.memory.view.getUint8(pointer))
      return form.wrap(tag, cases[tag]?.load(frame, pointer + payloadAt))
    },
    store: (frame, pointer, value) => {
      const tag = check(form.tagOf(value))
      frame.memory.view.setUint8(pointer, tag)
      cases[tag]?.store(frame, pointer + payloadAt, form.payloadOf(value))
    },
    lift: (first) => {
      const lifts = cases.map((layout) => layout && liftCase(layout, shared, first + 1))
      return (frame, params) => {
        const tag = check(int32(params, first))
        return form.wrap(tag, lifts[tag]?.(frame, params))
      }
    },
    lower: (_frame, value) => check(form.tagOf(value)),
    spread: (frame, value) => {
      const tag = check(form.tagOf(value))
      const layout = cases[tag]
      const own = layout?.spread(frame, form.payloadOf(value)) ?? []
      return [tag, ...shared.map((slot, at) => widen(own[at], layout?.slots[at], slot))]
    },
  }
}

/** Reads the payload of one case from slots that it shares with others. */
function liftCase(layout: Layout, shared: readonly Slot[], first: number): ReturnType<Layout['lift']> {
  const { slots } = layout
  if (slots.every((slot, at) => slot === shared[at])) return layout.lift(first)
  const lift = layout.lift(0)
  return (frame, params) =>
    lift(
      frame,
      slots.map((slot, at) => narrow(params, first + at, { slot, shared: shared[at] })),
    )
}

/** Cases share slots; one that cases use differently is an integer as wide as the widest. */
function joinSlots(payloads: readonly Layout[]): readonly Slot[] {
  const count = Math.max(0, ...payloads.map(({ slots }) => slots.length))
  return Array.from({ length: count }, (_, at) => {
    const used = new Set(payloads.flatMap(({ slots }) => slots[at] ?? []))
    const [only = 'i32', ...others] = used
    if (others.length === 0) return only
    return used.has('i64') || used.has('f64') ? 'i64' : 'i32'
  })
}

const SCRATCH = new DataView(new ArrayBuffer(8))

/** The bits of a case's slot in the one that it shares; a slot that it does not use is 0. */
function widen(value: CoreValue | undefined, slot: Slot | undefined, shared: Slot): CoreValue {
  if (value === undefined || slot === undefined) return shared === 'i64' ? 0n : 0
  if (slot === shared) return value
  SCRATCH.setBigUint64(0, 0n)
  if (slot === 'f64') SCRATCH.setFloat64(0, value as number, true)
  else if (slot === 'f32') SCRATCH.setFloat32(0, value as number, true)
  else SCRATCH.setInt32(0, value as number, true)
  return shared === 'i64' ? SCRATCH.getBigInt64(0, true) : SCRATCH.getInt32(0, true)
}

/** The value of a case's slot from the bits of the one that it shares. */
function narrow(
  params: readonly CoreValue[],
  at: number,
  { slot, shared }: { readonly slot: Slot; readonly shared: Slot | undefined },
): CoreValue {
  if (slot === shared) return shared === 'i64' ? int64(params, at) : float(params, at)
  if (shared === 'i64') SCRATCH.setBigInt64(0, int64(params, at), true)
  else SCRATCH.setInt32(0, int32(params, at), true)
  if (slot === 'f64') return SCRATCH.getFloat64(0, true)
  return slot === 'f32' ? SCRATCH.getFloat32(0, true) : SCRATCH.getInt32(0, true)
}
