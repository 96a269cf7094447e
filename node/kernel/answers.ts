import { json, type KernelAnswer, kernelAnswerJson, type KernelMessage, replyTarget } from '@hyperware/protocol'
import type { Kernel } from './kernel.ts'
import { send } from './routing.ts'

/**
 * Answers a command of the kernel once everything that was changed so far is on disk, by this step or one before: who
 * hears of it may rely on it whatever happens to this machine.
 */
export function acknowledge(kernel: Kernel, asked: KernelMessage, answer: KernelAnswer): void {
  kernel.acknowledgements.push(answerTo(kernel, asked, answer))
}

/** Answers a question, about what is so in memory: it waits for no disk. */
export function tell(kernel: Kernel, asked: KernelMessage, answer: KernelAnswer): void {
  send(kernel, kernel.self, answerTo(kernel, asked, answer))
}

function answerTo(kernel: Kernel, asked: KernelMessage, answer: KernelAnswer): KernelMessage {
  return {
    id: asked.id,
    source: kernel.self.address,
    target: replyTarget(asked),
    rsvp: undefined,
    message: {
      kind: 'response',
      inherit: false,
      body: json.encodeWith(kernelAnswerJson, answer),
      metadata: undefined,
      capabilities: [],
      context: undefined,
    },
    blob: undefined,
  }
}
