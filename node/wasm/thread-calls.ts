import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { GuestAnswer } from '../kernel/guest.ts'
import { answersSoFar, type Cells, noteMemory, takeCredit, waitForAnswer } from './cells.ts'
import { packThreadMessage, type ThreadMessage, unpackAnswer } from './channel.ts'
import type { MemoryRange } from './component/limits.ts'
import type { Packed } from './packing.ts'
import type { KernelCalls } from './standard-host.ts'

type Thread = {
  readonly port: MessagePort
  readonly cells: Cells
  /** What the guest's linear memories hold now. */
  readonly memoryBytes: () => number
  /** What they may hold, from the beginning and at most. */
  readonly memory: MemoryRange
}

/** Memory is asked for in steps as large as this, so that a guest that grows page by page does not ask for each. */
const MEMORY_STEP_BYTES = 1_048_576

export type ThreadCalls = KernelCalls & {
  /** Returns when the linear memories may hold so many bytes together. */
  makeRoom: (bytes: number) => void
}

/**
 * Reaches the kernel from a process's own thread: the thread sleeps until the answer is there. It cannot run anything else
 * meanwhile, and needs not: ending the thread wakes it.
 */
export function createThreadCalls({ port, cells, memoryBytes, memory }: Thread): ThreadCalls {
  let roomBytes = memory.minimumBytes

  function ask(question: ThreadMessage): GuestAnswer {
    const answers = answersSoFar(cells)
    post(port, question)
    waitForAnswer(cells, answers)
    return receiveAnswer(port)
  }

  return {
    act: (action, cost) => {
      takeCredit(cells, cost)
      noteMemory(cells, memoryBytes())
      post(port, { kind: 'act', action, cost })
    },
    ask: (question, cost, then) => {
      if (cost > 0) takeCredit(cells, cost)
      noteMemory(cells, memoryBytes())
      return then(ask({ kind: 'ask', question }))
    },
    makeRoom: (bytes) => {
      if (bytes > roomBytes) {
        const steps = Math.ceil(bytes / MEMORY_STEP_BYTES)
        const wantedBytes = Math.min(steps * MEMORY_STEP_BYTES, memory.maximumBytes)
        ask({ kind: 'hold', bytes: wantedBytes })
        roomBytes = wantedBytes // only now: where the stack is used up, the question itself may fail
      }
      noteMemory(cells, bytes)
    },
  }
}

export function post(port: MessagePort, message: ThreadMessage): void {
  const { values, buffers } = packThreadMessage(message)
  port.postMessage(values, buffers)
}

function receiveAnswer(port: MessagePort): GuestAnswer {
  const received: { message: Packed['values'] } | undefined = receiveMessageOnPort(port)
  if (received === undefined) return { kind: 'trap', reason: 'the node announced an answer and sent none' }
  return unpackAnswer(received.message)
}
