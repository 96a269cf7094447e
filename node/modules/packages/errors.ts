import { HyperwareError } from '@hyperware/protocol'

export type InstallProblem =
  /** The bytes are not a bundle, or their index, manifest or zip is not sound. */
  | { code: 'package-unreadable'; reason: string }
  | { code: 'not-one-package'; count: number }
  | { code: 'package-protected'; package: string }
  | { code: 'process-unnamable'; process: string }
  | { code: 'process-twice'; process: string }
  | { code: 'component-missing'; process: string; file: string }
  | { code: 'component-refused'; process: string; reason: string }
  /** A process, or a script, by its file. */
  | { code: 'memory-above-ceiling'; process: string; memoryMaxBytes: number; ceilingBytes: number }
  | { code: 'world-too-new'; package: string; witVersion: number; maximum: number }
  | { code: 'installing-already' }
  /** The disk did not take its files, or what is kept until they are there, for want of room or another reason. */
  | { code: 'drive-unwritable'; package: string; reason: string }
  | { code: 'intent-unwritable'; package: string; reason: string }
  | { code: 'drive-unplaced'; package: string; reason: string }
  | { code: 'kernel-refused'; process: string; reason: string }

/**
 * A package that was not installed. All but `kernel-refused` and `drive-unplaced` are found before anything is changed; after
 * these two the next boot tries again.
 */
export class InstallError extends HyperwareError<InstallProblem> {}

export type UninstallProblem =
  | { code: 'bad-package-id'; package: string }
  | { code: 'package-protected'; package: string }
  | { code: 'package-unknown'; package: string }
  | { code: 'installing-already' }
  /** The disk did not take what is kept until it is done; nothing was changed. */
  | { code: 'intent-unwritable'; package: string; reason: string }
  | { code: 'kernel-refused'; process: string; reason: string }
  | { code: 'processes-left'; package: string; processes: readonly string[] }

/** A package that was not uninstalled, or not all of it: what had begun is tried again by the next boot. */
export class UninstallError extends HyperwareError<UninstallProblem> {}
