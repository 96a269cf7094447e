import { askingFunction } from './ask-to-grow.ts'
import { type Blocking, blockThread } from './blocking.ts'
import { type Hosts, findFunction } from './catalogue.ts'
import { componentCall } from './component-call.ts'
import { type GrowingModule, PAGE_BYTES } from './core-module.ts'
import { ComponentError } from './errors.ts'
import { GuestMemory, type Realloc } from './guest-memory.ts'
import { Handles } from './handles.ts'
import { hostCall } from './host-call.ts'
import { type CallFrame, type CoreValue, int32 } from './layout-parts.ts'
import type { MemoryRange } from './limits.ts'
import type { CanonOptions, CoreItem, Plan } from './plan.ts'
import { HostExit, HostTrap } from './shape.ts'
import { GuestTrap } from './trap.ts'

/** A component that was checked and compiled. Plain data and modules: it can be sent to another thread. */
export type CompiledComponent = {
  readonly plan: Plan
  readonly modules: readonly WebAssembly.Module[]
  /** For each module, what is to be done so that it may grow; undefined when it never does. */
  readonly growing: readonly (GrowingModule | undefined)[]
  readonly memory: MemoryRange
  readonly sizeBytes: number
}

/** What a component is run with. */
export type Surroundings = Hosts & {
  readonly blocking?: Blocking
  /**
   * Called before the memories of an instance hold more than their minimums: with what they are to hold together, never
   * more than their maximum. They grow when it returns. Default: they grow at once.
   */
  readonly makeRoom?: (bytes: number) => void
}

/** A component with memory of its own, ready to run. */
export type ComponentInstance = {
  /**
   * Runs the process until it ends. Under `switchStacks` the end is a promise.
   * @throws GuestTrap when it ends otherwise than by returning or by a successful exit.
   */
  readonly init: (our: string) => void | Promise<void>
  /** What its linear memories hold now, those included that no module of the component exported before it was loaded. */
  readonly memoryBytes: () => number
}

type CoreFunction = (...params: readonly CoreValue[]) => unknown
type CoreExports = Readonly<Record<string, unknown>>

/**
 * Gives a component an instance of each of its modules, linked as planned. Their start functions run here.
 * @throws ComponentError when the modules do not fit together; GuestTrap when one of them traps.
 */
export function instantiateComponent(compiled: CompiledComponent, surroundings: Surroundings): ComponentInstance {
  return new Linker(compiled, surroundings).link()
}

class Linker {
  private readonly compiled: CompiledComponent
  private readonly hosts: Hosts
  private readonly blocking: Blocking
  private readonly makeRoom: (bytes: number) => void
  private readonly handles = new Handles()
  private readonly instances: CoreExports[] = []
  private readonly memories = new Set<WebAssembly.Memory>()
  private asking: unknown
  /** Set while the guest may not call the host: when it makes room for a value, and when it tidies up at its end. */
  private closedWhile: string | undefined
  /** Why the guest ends, once that is certain. A guest that catches the exception gets it again at its next call. */
  private ended: unknown

  constructor(compiled: CompiledComponent, surroundings: Surroundings) {
    this.compiled = compiled
    this.hosts = surroundings
    this.blocking = surroundings.blocking ?? blockThread
    this.makeRoom = surroundings.makeRoom ?? (() => undefined)
  }

  link(): ComponentInstance {
    for (const planned of this.compiled.plan.instances) {
      this.instances.push(
        planned.kind === 'module'
          ? this.instantiate(planned.module, planned.arguments)
          : nameTable(planned.exports.map(({ name, item }) => [name, this.resolve(item)])),
      )
    }
    return { init: this.linkInit(), memoryBytes: () => this.memoryBytes() }
  }

  private memoryBytes(): number {
    let bytes = 0
    for (const memory of this.memories) bytes += memory.buffer.byteLength
    return bytes
  }

  private instantiate(
    index: number,
    given: readonly { readonly name: string; readonly instance: number }[],
  ): CoreExports {
    const module = this.compiled.modules[index]
    if (module === undefined) throw notLinked(`there is no core module ${index}`)
    const imports = nameTable(given.map(({ name, instance }) => [name, this.instances[instance]]))
    try {
      const { exports } = new WebAssembly.Instance(module, imports as WebAssembly.Imports)
      for (const item of Object.values(exports)) if (item instanceof WebAssembly.Memory) this.memories.add(item)
      const growing = this.compiled.growing[index]
      if (growing !== undefined) this.letGrow(exports, growing)
      return exports
    } catch (cause) {
      if (cause instanceof WebAssembly.LinkError || cause instanceof TypeError) throw notLinked(cause.message, cause)
      throw this.endOf(cause) ?? new GuestTrap({ code: 'fault', reason: 'the guest exited before it began' }, cause)
    }
  }

  private letGrow(exports: CoreExports, { table, start }: GrowingModule): void {
    const asking = exports[table] as WebAssembly.Table
    asking.set(0, (this.asking ??= askingFunction((pages) => this.mayGrow(pages))))
    if (start !== undefined) (exports[start] as CoreFunction)()
  }

  /** Like any function of the host, it ends the guest for good when it throws, as where the stack is used up. */
  private mayGrow(pages: number): boolean {
    if (this.ended !== undefined) throw this.ended
    try {
      const bytes = this.memoryBytes() + pages * PAGE_BYTES
      if (bytes > this.compiled.memory.maximumBytes) return false
      this.makeRoom(bytes)
      return true
    } catch (cause) {
      this.ended ??= cause
      throw cause
    }
  }

  private resolve(item: CoreItem): unknown {
    switch (item.kind) {
      case 'export': {
        const found = this.instances[item.instance]?.[item.name]
        if (found === undefined) throw notLinked(`there is no core export ${JSON.stringify(item.name)}`)
        return found
      }
      case 'host':
        return this.hostFunction(item)
      case 'call':
        return this.componentFunction(item)
      case 'drop':
        return this.guarded((...params) => {
          this.handles.take(item.resource, int32(params, 0))
        })
    }
  }

  private hostFunction(item: CoreItem & { readonly kind: 'host' }): CoreFunction {
    const entry = findFunction(item.interface, item.function)
    if (entry === undefined) throw notLinked(`the host has no ${item.function} of ${item.interface}`)
    if (entry.host === 'nobody') {
      return this.guarded((...params) => this.handles.get(entry.resource, int32(params, 0)))
    }
    const call = hostCall(entry.function)
    const enter = this.enter(item, call.needsMemory)
    const host = this.hosts[entry.host]
    const { blocks } = entry.function
    const lowered = this.guarded((...params) => call.run(host, enter, params), blocks && this.blocking.takesPromises)
    return blocks ? (this.blocking.wrapImport(lowered) as CoreFunction) : lowered
  }

  private componentFunction(item: CoreItem & { readonly kind: 'call' }): CoreFunction {
    const call = componentCall(item.shape)
    const sides = {
      caller: this.enter(item, call.needsMemory),
      callee: this.enter(item.callee, call.needsMemory),
      run: this.blocking.wrapExport(this.coreFunction(item.function, 'function of another component')) as CoreFunction,
      postReturn: item.callee.postReturn && this.coreFunction(item.callee.postReturn, 'post-return'),
    }
    const lowered = this.guarded((...params) => call.run(sides, params), this.blocking.takesPromises)
    return this.blocking.wrapImport(lowered) as CoreFunction
  }

  /** Makes the function that begins a call: each sees the memory as it is then. */
  private enter(options: CanonOptions, needsMemory: boolean): () => CallFrame {
    const { handles } = this
    if (!needsMemory) return () => ({ handles, memory: NO_MEMORY })
    const memory = options.memory && this.resolve(options.memory)
    if (!(memory instanceof WebAssembly.Memory)) throw notLinked('a function that needs a memory has none')
    const realloc = options.realloc && this.allocator(options.realloc)
    return () => ({ handles, memory: new GuestMemory(memory, realloc) })
  }

  private allocator(item: CoreItem): Realloc {
    const realloc = this.coreFunction(item, 'realloc')
    return (...params) => {
      this.closedWhile = 'while it made room for a value'
      try {
        return realloc(...params) as number
      } finally {
        this.closedWhile = undefined
      }
    }
  }

  private coreFunction(item: CoreItem, what: string): CoreFunction {
    const found = this.resolve(item)
    if (typeof found !== 'function') throw notLinked(`its ${what} is not a function`)
    return found as CoreFunction
  }

  /** A function of the host that ends the guest for good when it throws. */
  private guarded(call: CoreFunction, takesPromises = false): CoreFunction {
    return (...params) => {
      if (this.ended !== undefined) throw this.ended
      if (this.closedWhile !== undefined) {
        throw this.end(new HostTrap(`the guest called the host ${this.closedWhile}`))
      }
      try {
        const answer = call(...params)
        if (answer instanceof Promise) {
          if (!takesPromises) throw new HostTrap('the host gave a promise to a guest that cannot wait for it')
          return answer.catch((cause: unknown) => {
            throw this.end(cause)
          })
        }
        return answer
      } catch (cause) {
        throw this.end(cause)
      }
    }
  }

  private end(cause: unknown): unknown {
    this.ended ??= cause
    return this.ended
  }

  private linkInit(): (our: string) => void | Promise<void> {
    const { init } = this.compiled.plan
    const run = this.blocking.wrapExport(this.coreFunction(init.function, 'init')) as CoreFunction
    const enter = this.enter(init, true)
    const postReturn = init.postReturn && this.coreFunction(init.postReturn, 'post-return')
    const finish = (): void => {
      this.closedWhile = 'after it had returned'
      postReturn?.()
      if (this.ended !== undefined) this.raise(this.ended)
    }
    return (our) => {
      try {
        const { pointer, length } = enter().memory.putText(our)
        const running = run(pointer, length)
        if (!(running instanceof Promise)) return finish()
        return running.then(finish).catch((cause: unknown) => this.raise(cause))
      } catch (cause) {
        this.raise(cause)
      }
    }
  }

  /** An exit with success is a return; everything else is thrown. */
  private raise(cause: unknown): void {
    const end = this.endOf(cause)
    if (end !== undefined) throw end
  }

  private endOf(cause: unknown): GuestTrap | undefined {
    const first = this.ended ?? cause
    if (first instanceof GuestTrap) return first
    if (first instanceof HostExit) return first.success ? undefined : new GuestTrap({ code: 'exit' }, first)
    return GuestTrap.of(first)
  }
}

/** For calls that never touch memory. */
const NO_MEMORY = new GuestMemory({ buffer: new ArrayBuffer(0) } as WebAssembly.Memory, undefined)

function nameTable(entries: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> {
  const table: Record<string, unknown> = Object.create(null) // names come from strangers
  for (const [name, value] of entries) table[name] = value
  return table
}

function notLinked(reason: string, cause?: unknown): ComponentError {
  return new ComponentError({ code: 'not-linked', reason }, cause)
}
