import type { Abi, Hex } from 'viem'
import type { Log } from './state.ts'

/** What a call comes to: the data returned, or the revert data, and the logs in order. */
export type Outcome = { ok: boolean; result: Hex; logs: readonly Log[] }

/** A call that came out otherwise on the chain than in the model, and the number of calls before it. */
export type Mismatch<S> = { index: number; step: S; expected: Outcome; actual: Outcome | undefined }

export type SequenceResult<S> = {
  /** The calls made, without the looks. */
  steps: readonly S[]
  /** What the model expected of them. */
  outcomes: readonly Outcome[]
  mismatch: Mismatch<S> | undefined
}

/** How to say it. */
export type Words<S> = {
  abi: Abi
  nameOf: (value: Hex) => string
  describeStep: (step: S) => string
  /** What a call returned, part by part; of two results one sees what differs. */
  describeResult?: (step: S, result: Hex) => string
}

/** A part of the protocol that has a model, with a chain to compare it with. */
export type Area<S> = {
  name: AreaName
  /** Calls from one beginning. */
  sequenceLength: number
  /** Makes `length` calls that follow from the seed, on model and chain. */
  runGenerated: (seed: number, length: number) => Promise<SequenceResult<S>>
  /** Makes the given calls, on model and chain. */
  runGiven: (steps: readonly S[]) => Promise<SequenceResult<S>>
  words: Words<S>
  close: () => Promise<void>
}

export const AREA_NAMES = ['namespace', 'token', 'auctions'] as const
export type AreaName = (typeof AREA_NAMES)[number]

export function equalOutcomes(a: Outcome, b: Outcome): boolean {
  if (a.ok !== b.ok || a.result !== b.result || a.logs.length !== b.logs.length) return false
  return a.logs.every((log, index) => {
    const other = b.logs[index]
    return (
      other !== undefined &&
      log.address === other.address &&
      log.data === other.data &&
      log.topics.join() === other.topics.join()
    )
  })
}
