import { HyperwareError } from '@hyperware/protocol'

export type KernelProblem =
  { code: 'no-runner' } | { code: 'memory-above-ceiling'; memoryMaxBytes: number; ceilingBytes: number }

/** Something that this kernel, as it was put together, cannot do or does not let anybody do. */
export class KernelError extends HyperwareError<KernelProblem> {}

export function noRunner(): KernelError {
  return new KernelError({ code: 'no-runner' }, 'Cannot prepare a component: this node runs its modules only')
}

export function memoryAboveCeiling(memoryMaxBytes: number, ceilingBytes: number): KernelError {
  return new KernelError(
    { code: 'memory-above-ceiling', memoryMaxBytes, ceilingBytes },
    `it asks for ${memoryMaxBytes} bytes of memory, expected at most ${ceilingBytes}`,
  )
}
