import { HyperwareError } from '@hyperware/protocol'
import { HostTrap } from './shape.ts'

/** Why a guest ended: the host refused to go on, its own code faulted, or it exited with a failure. */
export type GuestEnd = { code: 'host' | 'fault'; reason: string } | { code: 'exit' }

/** Thrown by `init` when a guest ended otherwise than by returning. */
export class GuestTrap extends HyperwareError<GuestEnd> {
  constructor(problem: GuestEnd, cause: unknown) {
    super(problem, problem.code === 'exit' ? 'the guest exited with a failure' : problem.reason, { cause })
  }

  static of(cause: unknown): GuestTrap {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return new GuestTrap({ code: cause instanceof HostTrap ? 'host' : 'fault', reason }, cause)
  }
}
