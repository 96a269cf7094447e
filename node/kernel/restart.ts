/** Longest wait before a process that keeps ending is started again, in seconds (kernel.md section 7). */
const BACKOFF_MAX_SECONDS = 600
/** A run as long as this is healthy after any wait. */
const HEALTHY_MAX_SECONDS = 3_000

/** How long the start after `attempts` failed ones waits: 1, 2, 4 … 512, 600, 600 s. */
export function backoffSeconds(attempts: number): number {
  // Beyond 2^10 every wait is the longest one, and the power would leave the numbers.
  return Math.min(2 ** Math.min(attempts - 1, 10), BACKOFF_MAX_SECONDS)
}

/** A run five times as long as the wait before it forgives what was; a shorter one makes the next wait longer. */
export function nextAttempt(attempts: number, uptimeMs: number): number {
  const healthySeconds = Math.min(5 * backoffSeconds(attempts), HEALTHY_MAX_SECONDS)
  return uptimeMs >= healthySeconds * 1_000 ? 1 : attempts + 1
}
