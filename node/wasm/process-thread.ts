import { parentPort } from 'node:worker_threads'
import type { ProcessAddress } from '@hyperware/protocol'
import type { GuestExit } from '../kernel/guest.ts'
import { noteMemory } from './cells.ts'
import type { StartMessage } from './channel.ts'
import { createStandardHost } from './standard-host.ts'
import type { StandardHost } from './standard.ts'
import { createThreadCalls, post } from './thread-calls.ts'

/** Runs one instance from its start to its end. Whatever goes wrong is an exit. */
export type RunInstance<Component> = (input: {
  readonly component: Component
  readonly our: ProcessAddress
  readonly host: StandardHost
  readonly noteMemory: (bytes: number) => void
}) => GuestExit

/** What a thread says when it can become a process. */
export const BOOTED = 'booted'

/** The life of a process's thread: it boots, waits until it is told which process it is, runs that, and says how it ended. */
export function serveProcess<Component>(run: RunInstance<Component>): void {
  if (parentPort === null) throw new Error('Cannot serve a process: this is not a worker thread')
  parentPort.once('message', ({ component, our, cells, port }: StartMessage<Component>) => {
    const host = createStandardHost(createThreadCalls(port, cells), our)
    const exit = run({ component, our, host, noteMemory: (bytes) => noteMemory(cells, bytes) })
    post(port, { kind: 'exited', exit })
  })
  parentPort.postMessage(BOOTED, [])
}
