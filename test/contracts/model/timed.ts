import type { Hex } from 'viem'
import { equalOutcomes, type Outcome, type SequenceResult } from './area.ts'
import { createRandom, type Random } from './random.ts'
import type { Clock, PlainCall, Stage } from './stage.ts'
import { attempt, type Journal } from './state.ts'

/** What passes before a call, at least one block and as many seconds as blocks. */
export type Pause = { blocks: number; seconds: bigint }

/** One call of a test; without a pause it is in the same block as the one before. */
export type TimedStep<M> = { pause: Pause | undefined; actor: Hex; target: Hex; message: M }

export type TimedModel = Journal & { clock: Clock }

/** What makes the calls of an area, and a model of them. */
export type TimedRules<T extends TimedModel, M> = {
  createModel: () => T
  generate: (model: T, random: Random) => TimedStep<M>
  /** Does a call on the model; throws `Revert`. */
  send: (model: T, step: TimedStep<M>) => Hex
  /** Reads that show what a call has changed; the last call is followed by looks at everything. */
  looksAfter: (model: T, step: TimedStep<M>, random: Random) => readonly TimedStep<M>[]
  looksAround: (model: T, random: Random) => readonly TimedStep<M>[]
  encode: (model: T, message: M) => Hex
}

type Expectation<M> = { at: Clock; step: TimedStep<M>; call: PlainCall; expected: Outcome; isLook: boolean }

/** Makes calls on the model, until `next` has none, and then on the chain. */
export async function runTimed<T extends TimedModel, M>(
  stage: Stage,
  rules: TimedRules<T, M>,
  next: (model: T, index: number) => TimedStep<M> | undefined,
): Promise<SequenceResult<TimedStep<M>>> {
  const model = rules.createModel()
  const steps: TimedStep<M>[] = []
  const expectations: Expectation<M>[] = []
  const play = (step: TimedStep<M>, isLook: boolean) => {
    const { actor, target, message } = step
    model.logs.length = 0
    model.undo.length = 0
    const { ok, result } = attempt(model, () => rules.send(model, step))
    const expected = { ok, result, logs: [...model.logs] }
    const call = { actor, target, data: rules.encode(model, message) }
    expectations.push({ at: model.clock, step, call, expected, isLook })
  }
  for (let step = next(model, 0); step !== undefined; step = next(model, steps.length)) {
    const pause = step.pause ?? (steps.length === 0 ? FIRST_PAUSE : undefined)
    if (pause !== undefined) model.clock = pass(model.clock, pause)
    steps.push(step)
    play(step, false)
    for (const look of rules.looksAfter(model, step, createRandom(steps.length))) play(look, true)
  }
  // Shrinking may leave no step at all; even looks need a block after the first.
  if (steps.length === 0) model.clock = pass(model.clock, FIRST_PAUSE)
  for (const look of rules.looksAround(model, createRandom(steps.length))) play(look, true)

  await stage.reset()
  const outcomes = expectations.filter(({ isLook }) => !isLook).map(({ expected }) => expected)
  return { steps, outcomes, mismatch: await findMismatch(stage, expectations) }
}

const FIRST_PAUSE: Pause = { blocks: 1, seconds: 1n }

function pass({ block, time }: Clock, { blocks, seconds }: Pause): Clock {
  return { block: block + blocks, time: time + seconds }
}

async function findMismatch<M>(
  stage: Stage,
  expectations: readonly Expectation<M>[],
): Promise<SequenceResult<TimedStep<M>>['mismatch']> {
  let calls = 0
  for (let start = 0; start < expectations.length;) {
    const at = expectations[start]?.at
    if (at === undefined) return undefined
    let end = start
    while (expectations[end]?.at === at) end++
    const batch = expectations.slice(start, end)
    const outcomes = await stage.play(
      at,
      batch.map(({ call }) => call),
    )
    for (const [offset, { step, expected, isLook }] of batch.entries()) {
      if (!isLook) calls++
      const actual = outcomes[offset]
      if (actual === undefined || !equalOutcomes(expected, actual)) {
        return { index: calls - 1, step, expected, actual }
      }
    }
    start = end
  }
  return undefined
}
