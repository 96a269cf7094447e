import type { OnExit } from '@hyperware/protocol'
import { creditBytes } from './guest.ts'
import { ON_EXIT_MAX } from './limits.ts'

/** Why this is more than a process may have sent when it ends, or undefined. It is kept in memory and on disk till then. */
export function onExitProblem(onExit: OnExit): string | undefined {
  if (onExit.kind !== 'requests') return undefined
  const { length } = onExit.requests
  const bytes = onExit.requests.reduce((sum, request) => sum + creditBytes(request), 0)
  if (length <= ON_EXIT_MAX.requests && bytes <= ON_EXIT_MAX.bytes) return undefined
  const limits = `at most ${ON_EXIT_MAX.requests} of ${ON_EXIT_MAX.bytes} bytes together`
  return `its on-exit has ${length} requests that count for ${bytes} bytes, expected ${limits}`
}
