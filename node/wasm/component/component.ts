import { type CoreModule, readCoreModule, writeCoreModule, type WrittenModule } from './core-module.ts'
import { countDeclared } from './declared.ts'
import { elaborate } from './elaborate.ts'
import { ComponentError } from './errors.ts'
import type { CompiledComponent } from './instantiate.ts'
import { checkLinks } from './link-check.ts'
import { countInstances, limitModules } from './limits.ts'

export { type Blocking, blockThread, switchStacks } from './blocking.ts'
export type { Hosts } from './catalogue.ts'
export { ComponentError, type ComponentProblem } from './errors.ts'
export { type CompiledComponent, type ComponentInstance, instantiateComponent } from './instantiate.ts'
export { type GuestEnd, GuestTrap } from './trap.ts'

/** The largest component taken: three times the largest that the JavaScript and Python tools make. */
export const COMPONENT_MAX_BYTES = 128 * 1_024 * 1_024

/** How long the reading of code keeps everybody else waiting. */
const TURN_MS = 5

/**
 * Checks a component for the world process-v1, and compiles its modules such that all linear memories of an instance
 * together never hold more than `memoryMaxBytes`. Throws `ComponentError`.
 */
export async function compileComponent(
  bytes: Uint8Array,
  limits: { readonly memoryMaxBytes: number },
): Promise<CompiledComponent> {
  if (bytes.length > COMPONENT_MAX_BYTES) {
    throw new ComponentError({ code: 'too-large', sizeBytes: bytes.length, maximumBytes: COMPONENT_MAX_BYTES })
  }
  const rest = createRest()
  const { plan, modules } = await elaborate(bytes, rest)
  const instances = countInstances(plan, modules.length)
  const declaring = countDeclared()
  const read: CoreModule[] = []
  for (const [index, module] of modules.entries()) {
    read.push(await readCoreModule(module, { declare: declaring(instances[index] ?? 0), rest }))
  }
  const { maxima, memory } = limitModules(instances, read, limits.memoryMaxBytes)
  const written: WrittenModule[] = []
  for (const [index, module] of read.entries()) {
    const declare = declaring(instances[index] ?? 0)
    written.push(await writeCoreModule(module, maxima[index] ?? { memories: [], tables: [] }, { declare, rest }))
  }
  const compiled = await Promise.all(written.map(({ bytes }, index) => compileModule(bytes, index)))
  await checkLinks(plan, compiled, rest)
  return { plan, modules: compiled, growing: written.map(({ growing }) => growing), memory, sizeBytes: bytes.length }
}

/** A rest when the last one is `TURN_MS` ago. */
function createRest(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < TURN_MS) return
    await new Promise((resolve) => setTimeout(resolve))
    since = performance.now()
  }
}

async function compileModule(bytes: Uint8Array, module: number): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes as BufferSource)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ComponentError({ code: 'invalid-module', module, reason }, cause)
  }
}
