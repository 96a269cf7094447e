/**
 * How much of the chain a node has seen, and when that was last known to be all of it. Pure: times are the caller's,
 * in unix milliseconds.
 */
export type ChainView = {
  chainId: number
  /** The block up to which identities are known; undefined before the first answer of an index. */
  block: number | undefined
  /** When the chain's newest block was known to be within the view. */
  currentAtMs: number | undefined
  /** Where the identities came from: this run's index, or the file of an earlier run. */
  source: 'index' | 'saved' | 'none'
  /** What keeps the view from being current, in words for a person. */
  problem: string | undefined
  /** A block of the chain that the view has yet to reach, and when the chain was seen to have it. */
  awaited: { block: number; seenAtMs: number } | undefined
}

export function createChainView(chainId: number): ChainView {
  return { chainId, block: undefined, currentAtMs: undefined, source: 'none', problem: undefined, awaited: undefined }
}

/** The chain's newest block was `block` at `seenAtMs`. A view that is waiting for an earlier block goes on waiting for that. */
export function sawChain(view: ChainView, input: { block: number; seenAtMs: number }): ChainView {
  // After a reset of the chain an awaited block may never come.
  if (view.awaited && view.awaited.block <= input.block) return view
  return { ...view, awaited: input }
}

/** Identities are known up to `block`. */
export function reachedBlock(view: ChainView, block: number): ChainView {
  const reached = { ...view, block, source: 'index' as const, problem: undefined }
  if (!view.awaited || view.awaited.block > block) return reached
  return { ...reached, currentAtMs: view.awaited.seenAtMs, awaited: undefined }
}

export function failedView(view: ChainView, problem: string): ChainView {
  return { ...view, problem }
}

/** Milliseconds since the view was last known to hold all of the chain; undefined when it never was. */
export function viewAgeMs(view: ChainView, nowMs: number): number | undefined {
  return view.currentAtMs === undefined ? undefined : Math.max(0, nowMs - view.currentAtMs)
}
