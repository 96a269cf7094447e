import { json, type KernelAnswer, kernelAnswerJson, type KernelMessage, replyTarget } from '@hyperware/protocol'
import type { Kernel } from './kernel.ts'

/**
 * Answers a command of the kernel once everything that the present step changed is on disk: who hears of it may rely on
 * it whatever happens to this machine.
 */
export function acknowledge(kernel: Kernel, asked: KernelMessage, answer: KernelAnswer): void {
  kernel.acknowledgements.push({
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
  })
}
