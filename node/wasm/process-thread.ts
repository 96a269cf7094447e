import { parentPort } from 'node:worker_threads'
import { formatAddress, formatError } from '@hyperware/protocol'
import type { GuestExit } from '../kernel/guest.ts'
import { ownThreadNumber } from './busy-threads.ts'
import { noteThreadNumber } from './cells.ts'
import type { StartMessage } from './channel.ts'
import { type ComponentInstance, instantiateComponent } from './component/component.ts'
import { createStandardHost } from './standard-host.ts'
import { createThreadCalls, post } from './thread-calls.ts'
import { sleepThread, StderrTail, systemWasi } from './wasi/host.ts'

/**
 * The life of a process's thread: it boots, waits until it is told which process it is, runs that, and says how it ended.
 * Whatever goes wrong with the process is an exit.
 */
function serve({ component, our, cells, port }: StartMessage): void {
  noteThreadNumber(cells, ownThreadNumber())
  const stderr = new StderrTail()
  let instance: ComponentInstance | undefined
  const { memory } = component
  const calls = createThreadCalls({ port, cells, memory, memoryBytes: () => instance?.memoryBytes() ?? 0 })
  const standard = createStandardHost(calls, our)
  const wasi = systemWasi({ sleep: sleepThread, stderr: (bytes) => stderr.write(bytes) })

  function run(): GuestExit {
    try {
      instance = instantiateComponent(component, { standard, wasi, makeRoom: calls.makeRoom })
      void instance.init(formatAddress(our)) // gives no promise: nothing here puts stacks aside
      return { kind: 'returned' }
    } catch (error) {
      const lastWords = stderr.text().trimEnd()
      return { kind: 'trapped', reason: lastWords === '' ? formatError(error) : `${formatError(error)}\n${lastWords}` }
    }
  }

  post(port, { kind: 'exited', exit: run() })
}

if (parentPort === null) throw new Error('Cannot serve a process: this is not a worker thread')
parentPort.once('message', serve)
parentPort.postMessage('booted', [])
