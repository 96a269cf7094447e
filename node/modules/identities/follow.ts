import { type Hex } from '@hyperware/protocol'
import type { Log } from '../../kernel/log.ts'
import { fetchBlockNumber } from './chain-client.ts'
import { type ChainView, failedView, reachedBlock, sawChain } from './chain-view.ts'
import { badAnswer, type Endpoint } from './endpoint.ts'
import { IDENTITIES_MAX, type IdentityTable } from './identity-table.ts'
import { fetchIdentityPage, type IdentityPage, PAGE_SIZE } from './index-client.ts'

/** Blocks read again on each poll: an index may announce a block a moment before its rows can be read. */
const OVERLAP_BLOCKS = 10
/** Everything is read again this often, which heals whatever a poll might have missed. */
const FULL_READ_MS = 10 * 60_000
const BACK_OFF_MAX_MS = 5_000
/** No row has changed since a block that no chain reaches; the index takes numbers of 31 bits. */
const BLOCK_MAX = 2_147_483_647
/** Between looks while somebody waits for the first one to be good. */
const IMPATIENT_POLL_MS = 250
const PAGES_MAX = IDENTITIES_MAX / PAGE_SIZE + 1

/** Where to follow, and what the answers have to agree with. */
export type FollowDeps = {
  index: Endpoint
  chain: Endpoint
  chainId: number
  hypermap: Hex
  table: IdentityTable
  /** Time between polls while all is well, in milliseconds. */
  pollMs: number
  now: () => number
  log: Log
  initialView: ChainView
  /** How long the first poll is repeated until the view holds all of the chain, in milliseconds; by default not at all. */
  patienceMs?: number | undefined
  /** Called after each poll, whether it succeeded or not. */
  onPoll?: (outcome: { view: ChainView; changed: number }) => void
}

export type Follower = {
  view: () => ChainView
  /** Resolves once the first poll is over, well or not; with patience, once the view is current or patience is over. */
  firstPoll: Promise<void>
  stop: () => Promise<void>
}

/**
 * Keeps the table in step with the index until stopped. When the index or the chain goes away, or the index is made
 * anew, the table stays as it is, the view says since when, and polls go on with a growing pause.
 */
export function follow(deps: FollowDeps): Follower {
  const aborter = new AbortController()
  let view = deps.initialView
  let fullReadAtMs: number | undefined
  let reported: string | undefined

  async function poll(): Promise<boolean> {
    const [index, chain] = await Promise.allSettled([readIndex(), lookAtChain()])
    if (aborter.signal.aborted) return false
    const failures = [index, chain].flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    const problem = failures.length === 0 ? undefined : [...new Set(failures.map(describeFailure))].join('; ')
    if (problem !== undefined) view = failedView(view, problem)
    if (!waitsForIndex()) report(problem)
    deps.onPoll?.({ view, changed: index.status === 'fulfilled' ? index.value : 0 })
    return problem === undefined
  }

  async function lookAtChain(): Promise<void> {
    const seenAtMs = deps.now()
    const block = await fetchBlockNumber(deps.chain, aborter.signal)
    view = sawChain(view, { block, seenAtMs })
  }

  async function readIndex(): Promise<number> {
    const due = fullReadAtMs === undefined || deps.now() - fullReadAtMs >= FULL_READ_MS
    const changedSince = view.block === undefined || due ? 0 : Math.max(0, view.block - OVERLAP_BLOCKS)
    const first = await page(changedSince, undefined)
    if (view.block !== undefined && first.status.block < view.block) return wentBack(first.status.block, view.block)
    const changed = await readPages(changedSince, first)
    if (changedSince === 0) fullReadAtMs = deps.now()
    view = reachedBlock(view, first.status.block)
    return changed
  }

  /**
   * The index holds less than this node knows: it is made anew, and what is known stays until it has caught up; or the
   * chain was set back with it, and everything begins anew here too.
   */
  async function wentBack(block: number, known: number): Promise<number> {
    fullReadAtMs = undefined
    await lookAtChain()
    if (view.awaited === undefined || block < view.awaited.block) {
      throw badAnswer(deps.index.url, `it went back to block ${block}, expected ${known} or later`)
    }
    deps.log.warn('index-went-back', { block: known })
    view = { ...view, block: undefined, source: 'saved' }
    return readIndex()
  }

  async function readPages(changedSince: number, first: IdentityPage): Promise<number> {
    const seen = new Set<string>()
    let changed = applyPage(first, seen)
    let { after } = first
    for (let pages = 1; after !== undefined && pages < PAGES_MAX; pages += 1) {
      const next: IdentityPage = await page(changedSince, after)
      const { block } = next.status
      if (block < first.status.block) {
        throw badAnswer(deps.index.url, `it went back to block ${block} from ${first.status.block} between two pages`)
      }
      changed += applyPage(next, seen)
      after = next.after
    }
    if (changedSince === 0) changed += deps.table.retain((name) => seen.has(name))
    return changed
  }

  async function page(changedSince: number, after: string | undefined): Promise<IdentityPage> {
    const answer = await fetchIdentityPage(deps.index, { changedSince, after }, aborter.signal)
    checkStatus(deps, answer)
    return answer
  }

  function applyPage(answer: IdentityPage, seen: Set<string>): number {
    for (const row of answer.rows) seen.add(row.name)
    const { changed, left } = deps.table.apply(answer.rows)
    if (left > 0) deps.log.warn('identities-full', { limit: IDENTITIES_MAX, left })
    const [first] = answer.problems
    if (first !== undefined) deps.log.warn('identity-rows-refused', { count: answer.problems.length, first })
    return changed
  }

  /** One log line when the view stops being fed, and one when it is again. */
  function report(problem: string | undefined): void {
    if (problem !== undefined && reported === undefined) deps.log.warn('view-stale', { problem })
    if (problem === undefined && reported !== undefined) deps.log.info('view-recovered', { block: view.block })
    reported = problem
  }

  const startedAtMs = deps.now()

  function waitsForIndex(): boolean {
    const isCurrent = (view.currentAtMs ?? -Infinity) >= startedAtMs
    return !isCurrent && deps.now() - startedAtMs < (deps.patienceMs ?? 0)
  }

  /** Asks for no rows: an index that catches up has better things to do. */
  async function isBehind(): Promise<boolean> {
    try {
      const [answer, head] = await Promise.all([
        page(BLOCK_MAX, undefined),
        fetchBlockNumber(deps.chain, aborter.signal),
      ])
      return answer.status.block < head
    } catch {
      return true // once patience is over, a poll says what is wrong
    }
  }

  const firstPoll = Promise.withResolvers<void>()
  async function run(): Promise<void> {
    let pauseMs = deps.pollMs
    while (!aborter.signal.aborted) {
      if (waitsForIndex() && (await isBehind())) {
        await pause(IMPATIENT_POLL_MS, aborter.signal)
        continue
      }
      const healthy = await poll()
      if (waitsForIndex()) continue // the view takes a second poll to know that it is current
      firstPoll.resolve()
      pauseMs = healthy ? deps.pollMs : Math.min(pauseMs * 2, BACK_OFF_MAX_MS)
      await pause(pauseMs, aborter.signal)
    }
  }
  const running = run()

  return {
    view: () => view,
    firstPoll: firstPoll.promise,
    async stop() {
      aborter.abort()
      await running
    },
  }
}

/** An index of another chain, or of another contract, must not be believed. */
function checkStatus(deps: FollowDeps, { status }: IdentityPage): void {
  const { url } = deps.index
  if (status.chainId !== deps.chainId) {
    throw badAnswer(url, `it indexes chain ${status.chainId}, expected ${deps.chainId}`)
  }
  if (status.hypermap.toLowerCase() !== deps.hypermap.toLowerCase()) {
    throw badAnswer(url, `it indexes Hypermap at ${status.hypermap}, expected ${deps.hypermap}`)
  }
}

/** Waits, or less when `signal` aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}

function describeFailure(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}
