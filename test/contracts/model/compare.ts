import type { Hex } from 'viem'
import { equalOutcomes, type Mismatch, type Outcome, type SequenceResult } from './area.ts'
import type { Chain } from './chain.ts'
import { generateStep } from './generator.ts'
import type { Step } from './messages.ts'
import { playStep, send } from './play.ts'
import { createRandom } from './random.ts'
import { createModel, type Model } from './state.ts'
import { accountOf, forgetHashes } from './world.ts'

/** Calls per transaction. */
const BATCH = 100

/** Calls between looks at what they touched. */
const LOOK_EVERY = 25

type Expectation = { step: Step; expected: Outcome; isLook: boolean }

/** Makes `length` calls that follow from the seed, on model and chain. */
export async function runGenerated(chain: Chain, seed: number, length: number): Promise<SequenceResult<Step>> {
  const random = createRandom(seed)
  return run(chain, (model, index) => (index < length ? generateStep(model, random) : undefined))
}

/** Makes the given calls, on model and chain. */
export async function runGiven(chain: Chain, steps: readonly Step[]): Promise<SequenceResult<Step>> {
  return run(chain, (_model, index) => steps[index])
}

async function run(
  chain: Chain,
  next: (model: Model, index: number) => Step | undefined,
): Promise<SequenceResult<Step>> {
  forgetHashes()
  const model = createModel(chain.world, send)
  const steps: Step[] = []
  const expectations: Expectation[] = []
  const play = (step: Step, isLook: boolean) => expectations.push({ step, expected: playStep(model, step), isLook })
  for (let step = next(model, 0); step !== undefined; step = next(model, steps.length)) {
    steps.push(step)
    play(step, false)
    if (steps.length % LOOK_EVERY === 0) for (const look of looksAt(model, recent(model))) play(look, true)
  }
  for (const look of looksAt(model, [...model.touched])) play(look, true)
  for (const look of looksAround(model)) play(look, true)

  await chain.reset()
  const mismatch = await findMismatch(chain, expectations)
  const outcomes = expectations.filter(({ isLook }) => !isLook).map(({ expected }) => expected)
  return { steps, outcomes, mismatch }
}

async function findMismatch(chain: Chain, expectations: readonly Expectation[]): Promise<Mismatch<Step> | undefined> {
  let calls = 0
  for (let start = 0; start < expectations.length; start += BATCH) {
    const batch = expectations.slice(start, start + BATCH)
    const outcomes = await chain.play(batch.map(({ step }) => step))
    for (const [offset, { step, expected, isLook }] of batch.entries()) {
      const actual = outcomes[offset]
      if (actual === undefined || !equalOutcomes(expected, actual)) return { index: calls, step, expected, actual }
      if (!isLook) calls++
    }
  }
  return undefined
}

/** What was written last. */
function recent(model: Model): Hex[] {
  return [...model.touched].slice(-8)
}

/** Reads of everything that an entry, note or fact has. */
function looksAt({ world, owners, approvals }: Model, entries: readonly Hex[]): Step[] {
  const [actor] = world.receivers
  if (actor === undefined) return []
  return entries.flatMap((entry) => {
    const steps: Step[] = [
      { actor, target: world.hypermap, message: { fn: 'get', entry } },
      { actor, target: world.hypermap, message: { fn: 'map', entry } },
    ]
    if (owners.has(entry)) {
      steps.push({ actor, target: accountOf(world, entry), message: { fn: 'state' } })
      steps.push({ actor, target: world.hypermap, message: { fn: 'tokenURI', entry } })
      if (approvals.has(entry)) steps.push({ actor, target: world.hypermap, message: { fn: 'getApproved', entry } })
    } else {
      steps.push({ actor, target: world.hypermap, message: { fn: 'ownerOf', entry } })
    }
    return steps
  })
}

/** Reads of what goes by address. */
function looksAround({ world, operators, balances }: Model): Step[] {
  const [actor] = world.receivers
  if (actor === undefined) return []
  const target = world.hypermap
  return [
    ...[...operators.keys()].map((key): Step => {
      const [owner, operator] = [key.slice(0, 42) as Hex, key.slice(42) as Hex]
      return { actor, target, message: { fn: 'isApprovedForAll', owner, operator } }
    }),
    ...[...balances.keys()].map((owner): Step => ({ actor, target, message: { fn: 'balanceOf', owner } })),
  ]
}
