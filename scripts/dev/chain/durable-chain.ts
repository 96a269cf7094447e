import { setTimeout as sleep } from 'node:timers/promises'
import { shareRuns } from '@hyperware/node'
import { ChainError } from '../../errors.ts'
import { startAnvil, type Anvil } from './anvil.ts'
import { findState, writeState, type SavedState } from './state-file.ts'

const CLOCK_TOLERANCE_SECONDS = 2
/** Before each of the attempts that callers wait for; the last one also before any later attempt. */
const RESTART_DELAYS_MS = [0, 100, 500, 2_000, 5_000]
const DUMPS_MAX = 100
const UNASKED_SAVE_INTERVAL_MS = 1_000

export type ChainLog = (event: string, fields?: Record<string, unknown>) => void

/** Anvil whose state outlives it: everything up to the last `save` is there again after any kind of death. */
export type DurableChain = {
  chainId: number
  /**
   * The running anvil; while it is being started again, waits for the first few attempts. Rejects with the last failure
   * from then on until an attempt succeeds, and once the chain is closed.
   */
  anvil: () => Promise<Anvil>
  /**
   * Resolves once all that is mined now is on disk, with the anvil it was read from: a caller whose change went to
   * another one, which died, has nothing saved. Concurrent callers share one write.
   */
  save: () => Promise<Anvil>
  /** To be called when a method that moves the chain's clock was used. */
  clockMoved: () => void
  close: () => Promise<void>
}

async function readBlock(anvil: Anvil, at: string): Promise<{ hash: string; timestamp: number }> {
  const block = (await anvil.call('eth_getBlockByNumber', at, false)) as { hash?: unknown; timestamp?: unknown } | null
  return { hash: String(block?.hash), timestamp: Number(block?.timestamp) }
}

/**
 * A dump of the whole state, and the block that it ends with. Anvil reads blocks first and accounts afterwards, so one that
 * mines meanwhile dumps accounts that have seen a block which is not there: such a dump is made again.
 *
 * @throws ChainError `never-at-rest` when a block came during each of the dumps.
 */
async function dumpState(anvil: Anvil): Promise<{ block: number; state: Buffer }> {
  let block = Number(await anvil.call('eth_blockNumber'))
  for (let attempt = 0; attempt < DUMPS_MAX; attempt++) {
    const dump = String(await anvil.call('anvil_dumpState'))
    const now = Number(await anvil.call('eth_blockNumber'))
    if (now === block) return { block, state: Buffer.from(dump.slice(2), 'hex') }
    block = now
  }
  throw new ChainError(
    { code: 'never-at-rest', block },
    `Cannot save the chain's state: a block came during each of ${DUMPS_MAX} dumps, the last is block ${block}`,
    { hint: 'mine less often' },
  )
}

const nowSeconds = () => Date.now() / 1000

/**
 * Gives a fresh anvil the saved blocks, receipts, logs and accounts, and sets its clock: to the machine's time, or ahead
 * of it by as much as it was, and never to before the last block.
 *
 * The anvil must have been started with the saved genesis timestamp. One with a first block of its own would keep both,
 * write both into its next dump, and later answer with either.
 */
async function loadState(anvil: Anvil, { header, state }: SavedState, dir: string): Promise<void> {
  await anvil.call('anvil_loadState', `0x${state.toString('hex')}`)
  const genesis = await readBlock(anvil, '0x0')
  if (genesis.hash !== header.genesis.hash) {
    const detail = `it begins with block ${genesis.hash}, expected ${header.genesis.hash}`
    throw new ChainError({ code: 'state-damaged', file: dir, detail }, `Cannot load the state in "${dir}": ${detail}`)
  }
  const latest = await readBlock(anvil, 'latest')
  const ahead = Math.max(header.clockAheadSeconds, latest.timestamp - nowSeconds(), 0)
  await anvil.call('evm_setTime', Math.floor(nowSeconds() + ahead))
}

/**
 * Starts anvil on the state kept in `dir`, starts it again whenever it dies, and saves what happens on it.
 *
 * @throws ChainError `state-damaged` when the saved state is not what was written, `anvil-stopped` when anvil does not
 *   come up, `anvil-missing` when it is not installed.
 */
export async function openDurableChain(input: {
  dir: string
  chainId: number
  log: ChainLog
  /** Told of every anvil that starts, so that a later run can end it if this process dies without a goodbye. */
  onProcess: (pid: number) => void
}): Promise<DurableChain> {
  const { dir, chainId, log } = input
  const closing = new AbortController()
  const closed = closing.signal
  let clockAheadSeconds = 0
  let clockMoved = false
  let savedBlock = -1
  let current: Promise<Anvil>
  let live: Anvil | undefined
  let restarting: Promise<void> | undefined
  let writing: Promise<unknown> = Promise.resolve()

  const answerWith = (answer: Promise<Anvil>) => {
    current = answer
    current.catch(() => undefined) // every caller of anvil() gets this rejection
  }

  const boot = async (): Promise<Anvil> => {
    await writing.catch(() => undefined) // a dump of the dead anvil may still be on its way to the disk
    const saved = findState(dir)
    if (saved !== undefined && saved.header.chainId !== chainId) {
      const detail = `it is of chain ${saved.header.chainId}, expected chain ${chainId}`
      throw new ChainError({ code: 'state-damaged', file: dir, detail }, `Cannot load the state in "${dir}": ${detail}`)
    }
    const genesisTimestamp = saved?.header.genesis.timestamp ?? Math.floor(nowSeconds())
    const anvil = await startAnvil({ chainId, genesisTimestamp, onProcess: input.onProcess })
    try {
      if (saved !== undefined) {
        await loadState(anvil, saved, dir)
        clockAheadSeconds = saved.header.clockAheadSeconds
        clockMoved ||= clockAheadSeconds > 0 // a move announced meanwhile is made on this anvil
        savedBlock = saved.header.block
      }
    } catch (error) {
      await anvil.stop()
      throw error
    }
    live = anvil
    answerWith(Promise.resolve(anvil))
    void anvil.stopped.then((how) => whenStopped(how))
    return anvil
  }

  /** Goes on until an attempt succeeds or the chain is closed: what is in the way may be gone later, as a full disk is. */
  const startAgain = async (how: string): Promise<void> => {
    const firstRound = Promise.withResolvers<Anvil>()
    answerWith(firstRound.promise)
    const fail = (problem: unknown) => {
      firstRound.reject(problem)
      answerWith(Promise.reject(problem))
    }
    for (let attempt = 1; ; attempt++) {
      const delayMs = RESTART_DELAYS_MS[Math.min(attempt, RESTART_DELAYS_MS.length) - 1]
      await sleep(delayMs, undefined, { signal: closed }).catch(() => undefined) // a close cuts it short
      if (closed.aborted) break
      try {
        const anvil = await boot()
        firstRound.resolve(anvil)
        log('chain-started-again', { pid: anvil.pid, block: savedBlock })
        return
      } catch (error) {
        log('chain-start-failed', { problem: error instanceof Error ? error.message : String(error) })
        if (attempt >= RESTART_DELAYS_MS.length) fail(error)
      }
    }
    fail(new ChainError({ code: 'anvil-stopped', detail: how }, `Cannot reach the chain: ${how}`))
  }

  const whenStopped = (how: string) => {
    live = undefined
    if (closed.aborted) return
    log('chain-stopped', { how })
    restarting = startAgain(how)
  }

  await boot()

  const write = async (): Promise<Anvil> => {
    const anvil = live
    if (anvil === undefined) {
      const detail = 'anvil is being started again'
      throw new ChainError({ code: 'anvil-stopped', detail }, `Cannot save the chain's state: ${detail}`)
    }
    if (clockMoved) {
      const pending = await readBlock(anvil, 'pending')
      const ahead = pending.timestamp - nowSeconds()
      clockAheadSeconds = ahead > CLOCK_TOLERANCE_SECONDS ? Math.ceil(ahead) : 0
    }
    const { block, state } = await dumpState(anvil)
    const genesis = await readBlock(anvil, '0x0')
    const about = { chainId, block, savedAt: Math.floor(nowSeconds()), clockAheadSeconds, genesis }
    await writeState(dir, state, about)
    savedBlock = block
    return anvil
  }
  const save = shareRuns(() => {
    const run = write()
    writing = run
    return run
  })

  // Blocks that nobody waits for (interval mining, a pool that empties later) are saved a little after the fact.
  const saveUnasked = async () => {
    const anvil = live
    if (anvil !== undefined && Number(await anvil.call('eth_blockNumber')) !== savedBlock) await save()
  }
  let looking = false // an anvil that hangs is asked once, not once a second
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    saveUnasked()
      .catch((error: unknown) => {
        if (!closed.aborted)
          log('chain-save-failed', { problem: error instanceof Error ? error.message : String(error) })
      })
      .finally(() => {
        looking = false
      })
  }, UNASKED_SAVE_INTERVAL_MS)

  const close = async () => {
    if (closed.aborted) return
    clearInterval(timer)
    closing.abort()
    await restarting // an anvil on its way up is stopped like any other
    const anvil = live
    if (anvil === undefined) return
    try {
      await save()
    } finally {
      await anvil.stop()
    }
  }

  try {
    if (savedBlock < 0) await save()
  } catch (error) {
    await close().catch(() => undefined) // or it would be started again for ever
    throw error
  }
  return {
    chainId,
    anvil: () => current,
    save,
    clockMoved: () => {
      clockMoved = true
    },
    close,
  }
}
