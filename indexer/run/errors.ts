import { DeploymentError } from '@hyperware/deployments'
import { HyperwareError } from '@hyperware/protocol'

export type IndexerProblem =
  | { code: 'usage'; argument: string }
  | { code: 'chain-unreachable'; rpcUrl: string }
  | { code: 'chain-mismatch'; rpcUrl: string; found: number; expected: number }
  | { code: 'store-in-use'; dir: string; pid: number | undefined }
  | { code: 'port-taken'; port: number }

/** Why the indexer did not start. */
export class IndexerError extends HyperwareError<IndexerProblem> {}

/** The exit code that tells callers which kind of failure it was: 2 for usage, 3 for a refusal, 1 for the rest. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof DeploymentError) return 3
  if (!(error instanceof HyperwareError)) return 1
  if (error.code === 'usage') return 2
  return error.code === 'chain-unreachable' ? 1 : 3
}
