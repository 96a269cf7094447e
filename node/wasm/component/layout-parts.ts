import type { GuestMemory } from './guest-memory.ts'
import type { Handles } from './handles.ts'
import { HostTrap } from './shape.ts'

/** One call across the boundary of a component. */
export type CallFrame = { readonly memory: GuestMemory; readonly handles: Handles }

/** A parameter of a core function, as JavaScript has it: 64-bit integers are signed. */
export type CoreValue = number | bigint
export type Slot = 'i32' | 'i64' | 'f32' | 'f64'

/** A module may import a host function with any signature: what it passes is checked when it calls. */
export function int32(params: readonly CoreValue[], at: number): number {
  const value: unknown = params[at]
  if (typeof value === 'number') return value | 0
  throw new HostTrap(`the guest passed a ${typeof value} as parameter ${at}, expected a 32-bit integer`)
}

export function int64(params: readonly CoreValue[], at: number): bigint {
  const value: unknown = params[at]
  if (typeof value === 'bigint') return value
  throw new HostTrap(`the guest passed a ${typeof value} as parameter ${at}, expected a 64-bit integer`)
}

export function float(params: readonly CoreValue[], at: number): number {
  const value: unknown = params[at]
  if (typeof value === 'number') return value
  throw new HostTrap(`the guest passed a ${typeof value} as parameter ${at}, expected a floating-point number`)
}

/** How values of one type lie in memory and among the parameters of core functions: the canonical ABI. */
export type Layout = {
  readonly size: number
  readonly align: number
  readonly slots: readonly Slot[]
  /** Whether values refer to other places in memory. */
  readonly pointers: boolean
  /** Reads a value whose place was checked. */
  readonly load: (frame: CallFrame, pointer: number) => unknown
  /** Writes a value to a place that was checked. */
  readonly store: (frame: CallFrame, pointer: number, value: unknown) => void
  /** Makes the function that reads a value from parameters, beginning with the one at `first`. */
  readonly lift: (first: number) => (frame: CallFrame, params: readonly CoreValue[]) => unknown
  /** Gives a value that fits into one slot as the result of a core function. */
  readonly lower: (frame: CallFrame, value: unknown) => CoreValue
  /** Gives a value as the parameters of a core function: one for each slot. */
  readonly spread: (frame: CallFrame, value: unknown) => readonly CoreValue[]
}

export function notOffered(kind: string): never {
  throw new HostTrap(`values of the type ${kind} are not offered by this node`)
}

export function alignTo(offset: number, align: number): number {
  return Math.ceil(offset / align) * align
}
