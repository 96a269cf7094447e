import { decodeAddress, formatAddress, type OnExit } from '@hyperware/protocol'
import { creditBytes } from './guest.ts'
import { ON_EXIT_MAX } from './limits.ts'

/**
 * Why this cannot be what a process has sent when it ends, or undefined. It is kept in memory and on disk till then, there
 * as text: an address that cannot be read back would leave a store that no boot can read.
 */
export function onExitProblem(onExit: OnExit): string | undefined {
  if (onExit.kind !== 'requests') return undefined
  const { length } = onExit.requests
  const bytes = onExit.requests.reduce((sum, request) => sum + creditBytes(request), 0)
  if (length > ON_EXIT_MAX.requests || bytes > ON_EXIT_MAX.bytes) {
    const limits = `at most ${ON_EXIT_MAX.requests} of ${ON_EXIT_MAX.bytes} bytes together`
    return `its on-exit has ${length} requests that count for ${bytes} bytes, expected ${limits}`
  }
  for (const { target, capabilities } of onExit.requests) {
    for (const address of [target, ...capabilities.map(({ issuer }) => issuer)]) {
      const read = decodeAddress(formatAddress(address))
      if (!read.ok) return `its on-exit cannot be kept: ${read.problem}`
    }
  }
  return undefined
}
