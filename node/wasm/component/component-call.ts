import { layoutOf, record } from './layout.ts'
import { type CallFrame, type CoreValue, int32 } from './layout-parts.ts'
import { PARAMS_MAX, RESULTS_MAX } from './host-call.ts'
import { HostTrap } from './shape.ts'
import type { FunctionShape } from './shape-match.ts'

type CoreFunction = (...params: readonly CoreValue[]) => unknown

/** The two sides of a call: who calls, and the function of another component that is called. */
export type CallSides = {
  readonly caller: () => CallFrame
  readonly callee: () => CallFrame
  readonly run: CoreFunction
  readonly postReturn: CoreFunction | undefined
}

/** A function of one component as the core modules of another call it, each with a memory of its own. */
export type ComponentCall = {
  readonly needsMemory: boolean
  readonly run: (sides: CallSides, params: readonly CoreValue[]) => unknown
}

/** Prepares calls of functions of this type: parameters are copied to the callee, the result is copied back. */
export function componentCall(shape: FunctionShape): ComponentCall {
  const params = record(shape.params)
  const result = shape.result && layoutOf(shape.result)
  const direct = params.slots.length <= PARAMS_MAX
  const lift = params.lift(0)
  const resultInMemory = result !== undefined && result.slots.length > RESULTS_MAX
  const resultPointerAt = direct ? params.slots.length : 1

  function pass(frame: CallFrame, value: unknown): readonly CoreValue[] {
    if (direct) return params.spread(frame, value)
    const pointer = frame.memory.allocate(params.size, params.align)
    params.store(frame, pointer, value)
    return [pointer]
  }

  function finish(sides: CallSides, values: readonly CoreValue[], returned: unknown): CoreValue | undefined {
    if (result === undefined) {
      sides.postReturn?.()
      return undefined
    }
    if (typeof returned !== 'number' && typeof returned !== 'bigint') {
      throw new HostTrap(`a component inside this one returned ${typeof returned}, expected a number`)
    }
    const from = sides.callee()
    const answer = resultInMemory
      ? result.load(from, from.memory.range(int32([returned], 0), result.size, result.align))
      : result.lift(0)(from, [returned])
    sides.postReturn?.(returned)
    const to = sides.caller()
    if (!resultInMemory) return result.lower(to, answer)
    result.store(to, to.memory.range(int32(values, resultPointerAt), result.size, result.align), answer)
    return undefined
  }

  return {
    needsMemory: !direct || params.pointers || resultInMemory,
    run: (sides, values) => {
      const from = sides.caller()
      const given = direct
        ? lift(from, values)
        : params.load(from, from.memory.range(int32(values, 0), params.size, params.align))
      const returned = sides.run(...pass(sides.callee(), given))
      // Where stacks are switched, the callee may have waited for the host.
      return returned instanceof Promise
        ? returned.then((kept: unknown) => finish(sides, values, kept))
        : finish(sides, values, returned)
    },
  }
}
