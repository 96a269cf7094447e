import { isHypermapSafe, type KernelMessage, quote, utf8ToBytes, formatProcessId, type Blob } from '@hyperware/protocol'
import { openContext } from './delivery.ts'
import type { GuestSpawn } from './guest.ts'
import { complain, freshId, type Kernel } from './kernel.ts'
import { answerSpawn, initialize, refusalOf } from './lifecycle.ts'
import { PACKAGE_SPAWN_MAX, SPAWN_READ_SECONDS } from './limits.ts'
import { type Context, type Instance, type Process, runtimeModule } from './process.ts'
import { filterCapabilities } from './rights.ts'
import { send } from './routing.ts'

const VFS = runtimeModule('vfs')

/** A process wants a child (kernel.md section 5.8): first its component is read, with the parent's own rights. */
export function beginSpawn(kernel: Kernel, parent: Instance, spawn: GuestSpawn): void {
  const { process } = parent
  const name = spawn.name ?? kernel.randomId().toString()
  const id = { ...process.id, process: name }
  if (!isHypermapSafe(id)) {
    const reason = `cannot spawn ${quote(name)}: a process name is made of a-z, 0-9 and hyphens`
    return answerSpawn(kernel, parent, { kind: 'trap', reason })
  }
  const message: KernelMessage = {
    id: freshId(kernel, process.contexts),
    source: process.address,
    target: { node: kernel.ourName, process: VFS },
    rsvp: process.address,
    message: {
      kind: 'request',
      inherit: false,
      expectsResponse: SPAWN_READ_SECONDS,
      body: utf8ToBytes(JSON.stringify({ path: spawn.wasmPath, action: 'Read' })),
      metadata: undefined,
      capabilities: [],
    },
    blob: undefined,
  }
  openContext(kernel, process, message, { spawn: { ...spawn, name } })
  send(kernel, process, message)
}

/** The vfs answered, or did not. An answer without bytes is its word that there is nothing to read. */
export function continueSpawn(kernel: Kernel, parent: Process, context: Context, component: Blob | undefined): void {
  const { spawn } = context
  if (parent.phase.kind !== 'running' || spawn?.name === undefined) return
  const { instance } = parent.phase
  if (component === undefined) {
    return answerSpawn(kernel, instance, { kind: 'not-spawned', error: 'no-file-at-path' })
  }
  const id = { ...parent.id, process: spawn.name }
  if (kernel.processes.has(formatProcessId(id))) {
    return answerSpawn(kernel, instance, { kind: 'not-spawned', error: 'name-taken' })
  }
  const child = {
    id,
    wasmBytesHandle: spawn.wasmPath,
    witVersion: parent.witVersion,
    onExit: spawn.onExit,
    public: spawn.public,
    memoryMaxBytes: parent.memoryMaxBytes,
    capabilities: filterCapabilities(kernel, parent, spawn.requestCapabilities),
  }
  const refusal = tooMany(kernel, parent) ?? refusalOf(kernel, child)
  if (refusal !== undefined) {
    complain(kernel, parent.key, `cannot spawn: ${refusal}`)
    return answerSpawn(kernel, instance, { kind: 'trap', reason: `cannot spawn: ${refusal}` })
  }
  initialize(kernel, { ...child, wasm: component.bytes }, { kind: 'spawn', parent: instance, spawn })
}

/** So that a package which spawns without end stops itself, and nobody else. */
function tooMany(kernel: Kernel, { id }: Process): string | undefined {
  let count = 0
  for (const other of kernel.processes.values()) {
    if (other.id.package === id.package && other.id.publisher === id.publisher) count += 1
  }
  if (count < PACKAGE_SPAWN_MAX) return undefined
  return `${PACKAGE_SPAWN_MAX} processes of ${id.package}:${id.publisher} are there already`
}
