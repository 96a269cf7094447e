/** How much of something waits. */
export type Load = { messages: number; bytes: number }

/** What one sender has of a pool. `over`: a message that it awaits is there beyond what it may have. */
export type Share = Load & { over: boolean }

/**
 * Mail that waits at one process for the same terms: all of it, and what there is of each sender, who may be a package or
 * another node. It outlives whoever sent it, so that nobody begins anew by ending.
 */
export type Pool = Load & {
  readonly max: Readonly<Load>
  /** Somebody was refused, and told so, since mail was last taken. */
  refusing: boolean
  /** Some of them empty: who sends one message after the other need not come and go each time. */
  readonly shares: Map<string, Share>
}

/** Shares beyond which the empty ones are forgotten. */
const SHARES_KEPT = 16

export function createPool(max: Readonly<Load>): Pool {
  return { messages: 0, bytes: 0, max, refusing: false, shares: new Map() }
}

/**
 * Whether one more message may wait. Who has mail waiting already may have as much as is left free, so whoever floods a
 * process leaves room for others: alone it gets half, and of n that do, each ends with one part in n + 1 while the
 * process takes its mail, and leaves half of what it found free when the process takes none.
 */
export function fitsMessages({ max, messages }: Pool, share: Load | undefined): boolean {
  const free = max.messages - messages - 1
  return free >= 0 && (share === undefined || share.messages === 0 || share.messages + 1 <= free)
}

/** The same for its bytes. */
export function fitsBytes(pool: Pool, share: Load | undefined, bytes: number): boolean {
  const free = pool.max.bytes - pool.bytes - bytes
  return free >= 0 && (share === undefined || share.messages === 0 || share.bytes + bytes <= free)
}

/** A message comes into the pool. Without a sender it is nobody's share. */
export function addTo(pool: Pool, sender: string | undefined, bytes: number): void {
  pool.messages += 1
  pool.bytes += bytes
  if (sender === undefined) return
  const share = pool.shares.get(sender)
  if (share === undefined) {
    if (pool.shares.size >= SHARES_KEPT) forgetEmpty(pool)
    pool.shares.set(sender, { messages: 1, bytes, over: false })
    return
  }
  share.messages += 1
  share.bytes += bytes
}

/** A message leaves the pool. */
export function takeFrom(pool: Pool, sender: string | undefined, bytes: number): void {
  pool.messages -= 1
  pool.bytes -= bytes
  pool.refusing = false
  const share = sender === undefined ? undefined : pool.shares.get(sender)
  if (sender === undefined || share === undefined) return
  share.messages -= 1
  share.bytes -= bytes
  if (!share.over) return
  share.over = share.messages > 0 && !(fitsMessages(pool, share) && fitsBytes(pool, share, 0))
}

function forgetEmpty({ shares }: Pool): void {
  for (const [sender, { messages }] of shares) if (messages === 0) shares.delete(sender)
}
