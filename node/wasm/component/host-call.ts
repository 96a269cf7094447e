import { layoutOf, record } from './layout.ts'
import { type CallFrame, type CoreValue, int32 } from './layout-parts.ts'
import type { HostFunction } from './shape.ts'

/** The canonical ABI passes this many parameters as such; more lie in memory, and so does a result of more than one. */
export const PARAMS_MAX = 16
export const RESULTS_MAX = 1

/** A host function as core modules call it. */
export type HostCall = {
  /** Whether it reads or writes the guest's memory. */
  readonly needsMemory: boolean
  /** Reads the parameters, calls the host, and writes the result; a promise when the host gives one. */
  readonly run: (host: unknown, enter: () => CallFrame, params: readonly CoreValue[]) => unknown
}

const calls = new WeakMap<object, HostCall>()

/** Prepares a host function, once. */
export function hostCall(declared: HostFunction<never>): HostCall {
  const known = calls.get(declared)
  if (known !== undefined) return known
  const call = prepare(declared)
  calls.set(declared, call)
  return call
}

function prepare(declared: HostFunction<never>): HostCall {
  const params = record(declared.params)
  const result = declared.result && layoutOf(declared.result)
  const direct = params.slots.length <= PARAMS_MAX
  const lift = params.lift(0)
  const resultInMemory = result !== undefined && result.slots.length > RESULTS_MAX
  const resultPointerAt = direct ? params.slots.length : 1
  const call = declared.call as (host: unknown, values: unknown) => unknown

  const finish = (frame: CallFrame, values: readonly CoreValue[], answer: unknown): CoreValue | undefined => {
    if (result === undefined) return undefined
    if (!resultInMemory) return result.lower(frame, answer)
    const pointer = frame.memory.range(int32(values, resultPointerAt), result.size, result.align)
    result.store(frame, pointer, answer)
    return undefined
  }

  return {
    needsMemory: !direct || params.pointers || resultInMemory,
    run: (host, enter, values) => {
      const frame = enter()
      const given = direct
        ? lift(frame, values)
        : params.load(frame, frame.memory.range(int32(values, 0), params.size, params.align))
      const answer = call(host, given)
      // The stack of the guest was set aside meanwhile: what the frame knew of its memory may be out of date.
      if (answer instanceof Promise) return answer.then((kept) => finish(enter(), values, kept))
      return finish(frame, values, answer)
    },
  }
}
