/** What is copied without a turn of the loop for others: 2 ms, where pages are new. */
export const PIECE_BYTES = 4_194_304

/** Long bytes, and where a copy of them is to be. */
export type PendingCopy = { readonly from: Uint8Array; readonly to: Uint8Array }

/** Copies so that everybody else has turns between the pieces. Nobody may change `from` meanwhile. */
export async function copyInTurns({ from, to }: PendingCopy): Promise<void> {
  for (let at = 0; at < from.length; at += PIECE_BYTES) {
    if (at > 0) await new Promise((resolve) => void setImmediate(resolve))
    to.set(from.subarray(at, at + PIECE_BYTES), at)
  }
}
