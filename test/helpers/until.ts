import { setTimeout as sleep } from 'node:timers/promises'

/** Longer than any of it takes on a machine that is busy with other things; what never comes true costs this once. */
const PATIENCE_MS = 30_000

/** Waits until `holds`; fails after 30 s with `what` was waited for. */
export async function until(holds: () => boolean, what = 'what the test waits for'): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS / 1_000} s in vain for ${what}`)
    await sleep(5)
  }
}
