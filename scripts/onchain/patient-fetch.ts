import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { callRpc } from '../dev/chain/anvil.ts'

/** How long a chain may keep silent before it is asked whether it is there, and then until it is given up. */
const SILENCE_MS = 20_000
/** Longest wait for one answer, whatever else the chain answers meanwhile. */
const ANSWER_MAX_MS = 600_000

/**
 * A fetch for JSON-RPC that waits for as long as the chain gets on. A chain on a busy machine may take a minute to mine,
 * and what was given up meanwhile was perhaps done: so a call ends early only when the chain answers nothing else either.
 */
export function createPatientFetch({ silenceMs = SILENCE_MS, answerMaxMs = ANSWER_MAX_MS } = {}): typeof fetch {
  return async (input, init) => {
    const answered = new AbortController()
    const giveUp = new AbortController()
    const url = input instanceof Request ? input.url : String(input)
    const watching = watch(url, { silenceMs, answerMaxMs, until: answered.signal, giveUp })
    try {
      const response = await fetch(input, { ...init, signal: giveUp.signal })
      return new Response(await response.text(), response)
    } finally {
      answered.abort()
      await watching
    }
  }
}

/** Gives up when there is no point in waiting, and ends once there is nothing to wait for. */
async function watch(
  url: string,
  input: { silenceMs: number; answerMaxMs: number; until: AbortSignal; giveUp: AbortController },
): Promise<void> {
  const { silenceMs, answerMaxMs, until, giveUp } = input
  const endMs = Date.now() + answerMaxMs
  try {
    for (;;) {
      await sleep(silenceMs, undefined, { signal: until })
      await Promise.race([callRpc(url, 'eth_chainId', [], silenceMs), once(until, 'abort')])
      if (Date.now() > endMs) return giveUp.abort(new Error(`no answer came within ${answerMaxMs / 1_000} s`))
    }
  } catch (problem) {
    if (!until.aborted) giveUp.abort(problem)
  }
}
