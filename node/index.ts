/**
 * The public entry of `@hyperware/node`: key files, a small client of a running node, what a terminal may show of the text
 * of others, and how callers share a slow save.
 */
export {
  greet,
  install,
  listProcesses,
  login,
  NodeClientError,
  type NodeClientProblem,
  runLine,
  uninstall,
} from './client.ts'
export type { ProcessDiagnostics } from './kernel/diagnostics.ts'
export type { InstalledPackage } from './modules/packages/installer.ts'
export type { UninstalledPackage } from './modules/packages/uninstaller.ts'
export { compareSamples, formatRow, PROCESS_COLUMNS, type ProcessSample } from './modules/http-server/process-rates.ts'
export { shareRuns } from './disk/share-runs.ts'
export { KeyFileError, type KeyFileProblem } from './keys/errors.ts'
export { createKeyFile, openKeyFile, type OpenKeyFile, readKeyFileHeader } from './keys/key-file.ts'
export { keyFilePath, readKeyFile, writeKeyFile } from './keys/key-file-store.ts'
export { hashPassword } from './keys/password.ts'
export type { PasswordHash } from './keys/password-rule.ts'
export { printable } from './terminal/printout.ts'
