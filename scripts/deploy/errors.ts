import { HyperwareError } from '@hyperware/protocol'
import type { Hex } from 'viem'

export type DeployProblem =
  | { code: 'wrong-chain'; rpcUrl: string; chainId: number; expected: number }
  | { code: 'code-differs'; contract: string; address: Hex; actualHash: Hex; expectedHash: Hex }
  | { code: 'state-differs'; contract: string; field: string; actual: string; expected: string }
  | { code: 'transaction-reverted'; step: string; hash: Hex }
  | { code: 'transaction-unmined'; step: string; hash: Hex; waitedMs: number }

/** A deployment step could not be done, or found something else in its place. Nothing before it is undone. */
export class DeployError extends HyperwareError<DeployProblem> {}
