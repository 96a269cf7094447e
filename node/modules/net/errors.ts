import { HyperwareError } from '@hyperware/protocol'

export type NetProblem =
  | { code: 'port-taken'; host: string; port: number }
  | { code: 'listen-failed'; host: string; port: number }
  | { code: 'no-transport'; name: string }

/** Thrown when the networking module cannot start. */
export class NetError extends HyperwareError<NetProblem> {}
