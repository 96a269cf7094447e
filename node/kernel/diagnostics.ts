import type { OnExit } from '@hyperware/protocol'
import type { GuestUsage } from './guest.ts'
import type { Kernel } from './kernel.ts'
import type { Instance, Phase } from './process.ts'

/** One process as shown to people. */
export type ProcessDiagnostics = {
  readonly id: string
  readonly phase: Phase['kind']
  readonly public: boolean
  readonly onExit: OnExit['kind']
  readonly capabilities: number
  /** What waits at it: for a module, what it was handed and is not done with. */
  readonly inbox: { readonly messages: number; readonly bytes: number }
  /** Since the kernel started, or the process was initialized. */
  readonly received: number
  readonly sent: number
  /** Its requests that wait for a response. */
  readonly awaited: number
  /** Starts in a row that ended soon, the present one included. */
  readonly attempts: number
  /** Undefined unless it runs. */
  readonly usage: GuestUsage | undefined
  /** What its linear memories may hold together; undefined for a module, which has none. */
  readonly memoryMaxBytes: number | undefined
}

export function snapshot(
  kernel: Kernel,
  {
    usageOf,
    memoryDefaultBytes,
  }: { usageOf: (instance: Instance) => Promise<GuestUsage> | undefined; memoryDefaultBytes: number },
): Promise<readonly ProcessDiagnostics[]> {
  return Promise.all(
    [...kernel.processes.values()].map(async (process): Promise<ProcessDiagnostics> => {
      const { phase, inbox, counts } = process
      const handed = phase.kind === 'module' ? [...phase.handed] : undefined
      const waiting =
        handed === undefined
          ? { messages: inbox.size, bytes: inbox.bytes }
          : { messages: handed.length, bytes: handed.reduce((sum, { bytes }) => sum + bytes, 0) }
      // A guest that ends meanwhile has no usage any more.
      const usage = phase.kind === 'running' ? await usageOf(phase.instance)?.catch(() => undefined) : undefined
      return {
        id: process.key,
        phase: phase.kind,
        public: process.public,
        onExit: process.onExit.kind,
        capabilities: process.capabilities.size,
        inbox: waiting,
        received: counts.received,
        sent: counts.sent,
        awaited: process.contexts.size,
        attempts: process.attempts,
        usage,
        memoryMaxBytes: phase.kind === 'module' ? undefined : (process.memoryMaxBytes ?? memoryDefaultBytes),
      }
    }),
  )
}
