import { HyperwareError } from '@hyperware/protocol'

export type BuildProblem =
  | { code: 'source-missing'; file: string }
  | { code: 'source-invalid'; file: string; reason: string }
  | { code: 'no-init'; file: string }
  | { code: 'package-invalid'; folder: string; reason: string }
  | { code: 'compiler-failed'; file: string; reason: string }

/** A package that could not be built. */
export class BuildError extends HyperwareError<BuildProblem> {}
