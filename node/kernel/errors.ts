import { HyperwareError } from '@hyperware/protocol'

export type KernelProblem = { code: 'no-runner' }

/** Something that this kernel, as it was put together, cannot do. */
export class KernelError extends HyperwareError<KernelProblem> {}

export function noRunner(): KernelError {
  return new KernelError({ code: 'no-runner' }, 'Cannot prepare a component: this node runs its modules only')
}
