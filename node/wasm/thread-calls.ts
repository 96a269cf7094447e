import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { GuestAnswer } from '../kernel/guest.ts'
import { answersSoFar, type Cells, noteMemory, takeCredit, waitForAnswer } from './cells.ts'
import { packThreadMessage, type ThreadMessage, unpackAnswer } from './channel.ts'
import type { Packed } from './packing.ts'
import type { KernelCalls } from './standard-host.ts'

type Thread = {
  readonly port: MessagePort
  readonly cells: Cells
  /** What the guest's linear memories hold now. */
  readonly memoryBytes: () => number
}

/**
 * Reaches the kernel from a process's own thread: the thread sleeps until the answer is there. It cannot run anything else
 * meanwhile, and needs not: ending the thread wakes it.
 */
export function createThreadCalls({ port, cells, memoryBytes }: Thread): KernelCalls {
  return {
    act: (action, cost) => {
      takeCredit(cells, cost)
      noteMemory(cells, memoryBytes())
      post(port, { kind: 'act', action, cost })
    },
    ask: (question, cost, then) => {
      if (cost > 0) takeCredit(cells, cost)
      noteMemory(cells, memoryBytes())
      const answers = answersSoFar(cells)
      post(port, { kind: 'ask', question })
      waitForAnswer(cells, answers)
      return then(receiveAnswer(port))
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
