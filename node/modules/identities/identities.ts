import type { Hex } from '@hyperware/protocol'
import type { Log } from '../../kernel/log.ts'
import { type ChainView, createChainView } from './chain-view.ts'
import type { Endpoint } from './endpoint.ts'
import { follow } from './follow.ts'
import { createIdentityTable, type IdentityTable } from './identity-table.ts'
import { loadView, saveView, type SavedView } from './saved-view.ts'

export type IdentitiesDeps = {
  home: string
  index: Endpoint
  chain: Endpoint
  chainId: number
  hypermap: Hex
  now: () => number
  log: Log
  /** Time between polls while all is well; by default 300 ms on a development chain, else 2 s. */
  pollMs?: number
  /** How long the first poll is repeated until the index has caught up with the chain; by default not at all. */
  patienceMs?: number | undefined
}

/** The module that knows the other nodes. */
export type Identities = {
  table: IdentityTable
  view: () => ChainView
  /** Resolves once the index was asked for the first time, well or not; with patience, once it has caught up. */
  firstPoll: Promise<void>
  /** Stops asking, and saves what is known. */
  stop: () => Promise<void>
}

const DEVELOPMENT_CHAIN_ID = 31_337
/** The view is saved after a change, and now and then so that its age is right after a restart. */
const SAVE_AFTER_CHANGE_MS = 1_000
const SAVE_EVERY_MS = 60_000
/** Saving may take at most this share of the time: one part in twenty. */
const SAVE_REST_FACTOR = 20

/** Starts from the file of an earlier run, when it is of the same contract, and follows the index. */
export async function startIdentities(deps: IdentitiesDeps): Promise<Identities> {
  const { home, chainId, hypermap, log, now } = deps
  const saved = await loadSaved(deps)
  const table = createIdentityTable(saved?.identities)
  const initialView: ChainView = { ...createChainView(chainId), ...(saved ? viewOfSaved(saved) : {}) }

  let savedAtMs = now()
  let restMs = SAVE_AFTER_CHANGE_MS
  let dirty = false
  let saving: Promise<void> = Promise.resolve()

  function saveSoon(outcome: { view: ChainView; changed: number }): void {
    if (outcome.view.source !== 'index') return
    dirty ||= outcome.changed > 0
    const waitMs = Math.max(restMs, dirty ? SAVE_AFTER_CHANGE_MS : SAVE_EVERY_MS)
    if (now() - savedAtMs < waitMs) return
    savedAtMs = now()
    saving = saving.then(save)
  }

  async function save(): Promise<void> {
    const view = follower.view()
    if (view.source !== 'index' || view.block === undefined) return
    dirty = false
    const startedMs = now()
    const { block, currentAtMs } = view
    await saveView(home, { chainId, hypermap, block, currentAtMs, identities: table.list() }).catch((error: unknown) =>
      log.error('identities-not-saved', { error: String(error) }),
    )
    savedAtMs = now()
    restMs = (savedAtMs - startedMs) * SAVE_REST_FACTOR
  }

  const pollMs = deps.pollMs ?? (chainId === DEVELOPMENT_CHAIN_ID ? 300 : 2_000)
  const { index, chain, patienceMs } = deps
  const follower = follow({
    index,
    chain,
    chainId,
    hypermap,
    table,
    pollMs,
    patienceMs,
    now,
    log,
    initialView,
    onPoll: saveSoon,
  })
  return {
    table,
    view: follower.view,
    firstPoll: follower.firstPoll,
    async stop() {
      await follower.stop()
      await saving
      await save()
    },
  }
}

async function loadSaved({ home, chainId, hypermap, log }: IdentitiesDeps): Promise<SavedView | undefined> {
  const saved = await loadView(home)
  if (saved === undefined) return undefined
  if (!saved.ok) {
    log.warn('identities-file-refused', { problem: saved.problem })
    return undefined
  }
  if (saved.value.chainId !== chainId || saved.value.hypermap.toLowerCase() !== hypermap.toLowerCase()) {
    log.warn('identities-file-refused', { problem: 'it is of another chain or contract' })
    return undefined
  }
  return saved.value
}

function viewOfSaved({ block, currentAtMs }: SavedView): Partial<ChainView> {
  return { block, currentAtMs, source: 'saved' }
}
