import { HyperwareError } from '@hyperware/protocol'

/** How a command ended, for scripts: done, failed, wrongly called, refused before anything was changed. */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export type ChainProblem =
  | { code: 'state-damaged'; file: string; detail: string }
  | { code: 'state-absent'; file: string }
  | { code: 'anvil-missing'; platform: string }
  | { code: 'anvil-stopped'; detail: string }
  | { code: 'transaction-dropped'; hash: string }
  | { code: 'transaction-unmined'; hash: string; seconds: number }
  | { code: 'never-at-rest'; block: number }
  | { code: 'chain-unreachable'; rpcUrl: string; detail: string }
  | { code: 'rpc-failed'; method: string; rpcCode: number; detail: string; data: unknown }
  | { code: 'rpc-malformed'; method: string; detail: string }

/** The development chain, or another chain spoken to over JSON-RPC, failed. */
export class ChainError extends HyperwareError<ChainProblem> {}

export type NetworkProblem =
  | { code: 'home-in-use'; home: string; pid: number | undefined }
  | { code: 'home-unusable'; home: string; detail: string }
  | { code: 'not-running'; home: string }
  | { code: 'port-taken'; port: number }
  | { code: 'no-free-port'; from: number; tried: number }
  | { code: 'process-stopped'; name: string; detail: string }
  | { code: 'stage-timeout'; stage: string; seconds: number; detail: string }
  | { code: 'index-incomplete'; url: string; name: string }
  | { code: 'interrupted' }

/** The development network could not be started, found or kept running. */
export class NetworkError extends HyperwareError<NetworkProblem> {}

export type CommandProblem =
  | { code: 'usage'; argument: string; value: string }
  | { code: 'unknown-name'; name: string }
  | { code: 'no-signer'; name: string; owner: string }
  | { code: 'contract-reverted'; error: string; args: readonly unknown[] }
  | { code: 'no-public-minter'; name: string }
  | { code: 'not-deployed'; contract: string; chainId: number }
  | { code: 'transaction-failed'; hash: string }
  | { code: 'gas-beyond-block'; gasLimit: bigint }
  | { code: 'index-failed'; url: string; detail: string }
  | { code: 'not-confirmed'; package: string }
  | { code: 'file-unwritable'; file: string; detail: string }
  | { code: 'node-unknown'; node: string; known: readonly string[] }

/** A command was called wrongly, or what it asked of a chain, an index or a node was refused. */
export class CommandError extends HyperwareError<CommandProblem> {}
