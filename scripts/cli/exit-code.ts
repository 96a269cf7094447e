import { EXIT, type ExitCode } from '../errors.ts'

/** Problems of the call itself: the same call cannot succeed however often it is repeated. */
const USAGE_CODES = new Set([
  'usage',
  'name-too-long',
  'label-empty',
  'label-too-long',
  'label-character',
  'ip-syntax',
  'port-range',
  'net-key-size',
  'routers-count',
  'router-hash',
])

/** Problems found before anything was changed, which somebody has to look at first. */
const REFUSED_CODES = new Set([
  'home-in-use',
  'home-unusable',
  'not-running',
  'port-taken',
  'state-damaged',
  'state-absent',
  'anvil-missing',
  'wrong-chain',
  'code-differs',
  'state-differs',
  'chain-unknown',
  'not-deployed',
  'prerequisite-missing',
  'insufficient-funds',
  'gas-beyond-block',
  'step-would-revert',
  'transactions-pending',
  'catalogue-exists',
  'catalogue-protected',
  'verification-stale',
  'not-confirmed',
  'key-file-exists',
  'key-file-missing',
  'key-file-unreadable',
  'key-file-corrupt',
  'wrong-password',
  'reference-home',
  'reference-in-use',
  'target-home',
  'ldb-missing',
  'ldb-failed',
  'database-damaged',
  'process-map',
  'state-key',
])

/** The exit code that tells scripts what kind of failure an error is. */
export function exitCodeOf(error: unknown): ExitCode {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (USAGE_CODES.has(code)) return EXIT.usage
  return REFUSED_CODES.has(code) ? EXIT.refused : EXIT.failed
}
