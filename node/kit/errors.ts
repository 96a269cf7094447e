import { HyperwareError } from '@hyperware/protocol'

export type BuildProblem =
  | { code: 'source-missing'; file: string }
  | { code: 'source-invalid'; file: string; reason: string }
  | { code: 'no-init'; file: string }
  /** `from` is the folder it is built from, or the zip it was. */
  | { code: 'package-invalid'; from: string; reason: string }
  | { code: 'package-too-large'; from: string; sizeBytes: number; maximumBytes: number }
  | { code: 'too-many-files'; from: string; maximum: number }
  | { code: 'compiler-failed'; file: string; reason: string }

/** A package that could not be built. */
export class BuildError extends HyperwareError<BuildProblem> {}
