import { HyperwareError } from '@hyperware/protocol'
import type { Hex } from 'viem'
import type { RoleRow } from './roles.ts'

export type DeployProblem =
  | { code: 'wrong-chain'; rpcUrl: string; chainId: number; expected: number }
  | { code: 'code-differs'; contract: string; address: Hex; actualHash: Hex; expectedHash: Hex }
  | { code: 'state-differs'; contract: string; field: string; actual: string; expected: string }
  | { code: 'transaction-reverted'; step: string; hash: Hex }
  | { code: 'transaction-unmined'; step: string; hash: Hex; waitedMs: number }
  | { code: 'transactions-pending'; signer: Hex; mined: number; pending: number }
  | { code: 'prerequisite-missing'; contract: string; address: Hex; chainId: number }
  | { code: 'insufficient-funds'; signer: Hex; balance: bigint; needed: bigint; chainId: number }
  | { code: 'step-would-revert'; step: string; detail: string }
  | { code: 'not-confirmed'; chainId: number }
  | { code: 'interrupted' }
  | { code: 'roles-differ'; rows: readonly RoleRow[] }
  | { code: 'catalogue-exists'; file: string; recorded: string; planned: string }
  | { code: 'catalogue-protected'; file: string }
  | { code: 'verification-stale'; contract: string; detail: string }

/** A deployment step could not be done, or found something else in its place. Nothing before it is undone. */
export class DeployError extends HyperwareError<DeployProblem> {}
