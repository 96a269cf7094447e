import { quote } from '@hyperware/protocol'
import { findFunction } from './catalogue.ts'
import { componentCall } from './component-call.ts'
import { ComponentError } from './errors.ts'
import { hostCall } from './host-call.ts'
import type { CanonOptions, CoreItem, Plan } from './plan.ts'
import { HostTrap } from './shape.ts'
import type { FunctionShape } from './shape-match.ts'

type Kinds = ReadonlyMap<string, string>

/** Checks, before anything runs, that each part is there and of its kind. Types are left to the engine. */
export async function checkLinks(
  plan: Plan,
  modules: readonly WebAssembly.Module[],
  rest: () => Promise<void>,
): Promise<void> {
  const instances: Kinds[] = []
  for (const planned of plan.instances) {
    await rest()
    if (planned.kind === 'exports') {
      instances.push(new Map(planned.exports.map(({ name, item }) => [name, kindOf(item, instances)])))
      continue
    }
    const module = modules[planned.module]
    if (module === undefined) throw notLinked(`there is no core module ${planned.module}`)
    const given = new Map(planned.arguments.map(({ name, instance }) => [name, instances[instance]]))
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      const found = given.get(from)?.get(name)
      if (found === kind) continue
      const what = `its core module ${planned.module} imports the ${kind} ${quote(name)} of ${quote(from)}`
      throw notLinked(`${what}, and is given ${found === undefined ? 'none' : `a ${found}`}`)
    }
    instances.push(new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind])))
  }
  const { init } = plan
  expectKind('init', init.function, 'function', instances)
  expectOptions(init, instances)
  if (init.memory === undefined) throw notLinked('its init takes text, and has no memory for it')
}

function kindOf(item: CoreItem, instances: readonly Kinds[]): string {
  if (item.kind === 'export') {
    const kind = instances[item.instance]?.get(item.name)
    if (kind === undefined) throw notLinked(`there is no core export ${quote(item.name)} where it is used`)
    return kind
  }
  if (item.kind === 'host') {
    expectOptions(item, instances)
    const entry = findFunction(item.interface, item.function)
    if (entry?.host !== 'nobody' && entry !== undefined && item.memory === undefined) {
      if (hostCall(entry.function).needsMemory) throw notLinked(`it calls ${quote(item.function)} without a memory`)
    }
  }
  if (item.kind === 'call') {
    expectKind('function of another component', item.function, 'function', instances)
    expectOptions(item, instances)
    expectOptions(item.callee, instances)
    if (needsMemory(item.shape) && (item.memory === undefined || item.callee.memory === undefined)) {
      throw notLinked('one component calls another without a memory')
    }
  }
  return 'function'
}

function needsMemory(shape: FunctionShape): boolean {
  try {
    return componentCall(shape).needsMemory
  } catch (cause) {
    if (cause instanceof HostTrap) throw notLinked(`one component calls another: ${cause.message}`)
    throw cause
  }
}

function expectOptions(options: CanonOptions, instances: readonly Kinds[]): void {
  if (options.memory) expectKind('memory', options.memory, 'memory', instances)
  if (options.realloc) expectKind('realloc', options.realloc, 'function', instances)
  if (options.postReturn) expectKind('post-return', options.postReturn, 'function', instances)
}

function expectKind(what: string, item: CoreItem, kind: string, instances: readonly Kinds[]): void {
  const found = kindOf(item, instances)
  if (found !== kind) throw notLinked(`its ${what} is a ${found}, expected a ${kind}`)
}

function notLinked(reason: string): ComponentError {
  return new ComponentError({ code: 'not-linked', reason })
}
