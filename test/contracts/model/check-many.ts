import type { Area } from './area.ts'
import { describeFailure, errorName, eventName } from './report.ts'
import { shrink } from './shrink.ts'

export type Progress = { calls: number; succeeded: number }

export type Report = Progress & {
  /** How often each error and event of a call was met, by name. */
  errors: ReadonlyMap<string, number>
  events: ReadonlyMap<string, number>
  /** Text of the first mismatch, shrunk. */
  failure: string | undefined
}

/** Plays sequences of random calls that follow from the seed until `calls` are made, or model and chain differ. */
export async function checkMany<S>(
  area: Area<S>,
  { calls, seed, firstSequence = 0 }: { calls: number; seed: number; firstSequence?: number },
  onProgress: (progress: Progress) => void = () => {},
): Promise<Report> {
  const errors = new Map<string, number>()
  const events = new Map<string, number>()
  const progress = { calls: 0, succeeded: 0 }
  for (let sequence = firstSequence; progress.calls < calls; sequence++) {
    const length = Math.min(area.sequenceLength, calls - progress.calls)
    const { steps, outcomes, mismatch } = await area.runGenerated(sequenceSeed(seed, sequence), length)
    if (mismatch !== undefined) {
      const failing = await shrink(steps.slice(0, mismatch.index + 1), async (fewer) => {
        return (await area.runGiven(fewer)).mismatch !== undefined
      })
      const shown = (await area.runGiven(failing)).mismatch ?? mismatch
      const failure = describeFailure(area, {
        seed,
        sequence,
        madeCalls: steps.length,
        call: sequence * area.sequenceLength + mismatch.index + 1,
        steps: failing,
        mismatch: shown,
      })
      return { ...progress, errors, events, failure }
    }
    for (const { ok, result, logs } of outcomes) {
      if (!ok) count(errors, errorName(area.words.abi, result))
      for (const log of logs) count(events, eventName(area.words.abi, log))
    }
    progress.calls += steps.length
    progress.succeeded += outcomes.filter(({ ok }) => ok).length
    onProgress(progress)
  }
  return { ...progress, errors, events, failure: undefined }
}

/** Neighbouring seeds and sequences share nothing. */
export function sequenceSeed(seed: number, sequence: number): number {
  return (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(sequence + 1, 0x85ebca6b)) >>> 0
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
