import type { PlannedInstance } from './plan.ts'
import { limitModule } from './core-module.ts'
import { elaborate } from './elaborate.ts'
import { ComponentError } from './errors.ts'
import type { CompiledComponent } from './instantiate.ts'
import { checkLinks } from './link-check.ts'

export { type Blocking, blockThread, switchStacks } from './blocking.ts'
export type { Hosts } from './catalogue.ts'
export { ComponentError, type ComponentProblem } from './errors.ts'
export { type CompiledComponent, type ComponentInstance, instantiateComponent } from './instantiate.ts'
export { type GuestEnd, GuestTrap } from './trap.ts'

/** The largest component taken: three times the largest that the JavaScript and Python tools make. */
export const COMPONENT_MAX_BYTES = 128 * 1_024 * 1_024

/** Linear memories and tables of one instance, all its modules together. Real components have one or two. */
const MEMORIES_MAX = 4
const TABLES_MAX = 8

/**
 * Checks a component for the world process-v1, and compiles its modules such that each linear memory holds
 * `memoryMaxBytes` at most. Throws `ComponentError`.
 */
export async function compileComponent(
  bytes: Uint8Array,
  limits: { readonly memoryMaxBytes: number },
): Promise<CompiledComponent> {
  if (bytes.length > COMPONENT_MAX_BYTES) {
    throw new ComponentError({ code: 'too-large', sizeBytes: bytes.length, maximumBytes: COMPONENT_MAX_BYTES })
  }
  const { plan, modules } = elaborate(bytes)
  const limited = modules.map((module) => limitModule(module, limits.memoryMaxBytes))
  boundTotal(plan.instances, 'memories', (index) => limited[index]?.memories ?? 0, MEMORIES_MAX)
  boundTotal(plan.instances, 'tables', (index) => limited[index]?.tables ?? 0, TABLES_MAX)
  const compiled = await Promise.all(limited.map((module, index) => compileModule(module.bytes, index)))
  checkLinks(plan, compiled)
  return { plan, modules: compiled, sizeBytes: bytes.length }
}

function boundTotal(
  instances: readonly PlannedInstance[],
  what: string,
  inModule: (index: number) => number,
  maximum: number,
): void {
  let count = 0
  for (const instance of instances) if (instance.kind === 'module') count += inModule(instance.module)
  if (count > maximum) throw new ComponentError({ code: 'too-many', what, count, maximum })
}

async function compileModule(bytes: Uint8Array, module: number): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes as BufferSource)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ComponentError({ code: 'invalid-module', module, reason }, cause)
  }
}
