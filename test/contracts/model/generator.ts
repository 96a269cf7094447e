import type { Hex } from 'viem'
import type { Call, Message, Step } from './messages.ts'
import { pickData, pickLabel } from './material.ts'
import { pickWeighted, type Random } from './random.ts'
import type { Model } from './state.ts'
import { accountOf, childOf, ROOT, ZERO_ADDRESS } from './world.ts'

/** Deepest nesting of calls within calls. */
const MAX_DEPTH = 3

/** Longest chain of accounts between an actor and the entry it acts for. */
const MAX_OWNERS = 8

/** Thinks of the next call. Looks at the model, so that most calls are of someone entitled, to something that exists. */
export function generateStep(model: Model, random: Random): Step {
  const { world } = model
  const make = pickWeighted<() => Step>(random, [
    [50, () => asAccount(model, random, pickEntry(model, random), MAX_DEPTH)],
    [12, () => publicMint(model, random)],
    [14, () => asTokenHolder(model, random)],
    [
      6,
      () => ({
        actor: pickActor(model, random),
        target: world.hypermap,
        message: pickAction(model, random, MAX_DEPTH),
      }),
    ],
    [6, () => ({ actor: pickActor(model, random), ...pickAccountCall(model, random, MAX_DEPTH) })],
    [3, () => ({ actor: pickActor(model, random), target: world.registry, message: pickCreateAccount(model, random) })],
    [9, () => byOwner(model, random, pickEntry(model, random), pickSelfMessage(model, random))],
  ])
  return make()
}

/** The owner of an entry has its account do something; more often than not something sensible. */
function asAccount(model: Model, random: Random, entry: Hex, depth: number): Step {
  return byOwner(model, random, entry, pickExecution(model, random, pickCall(model, random, entry, depth), depth))
}

/** Has the owner of `entry` send `message` to its account, through the accounts of other entries where those own it. */
function byOwner(model: Model, random: Random, entry: Hex, message: Message): Step {
  let call: Call = { target: accountOf(model.world, entry), message }
  let owner = model.owners.get(entry) ?? ZERO_ADDRESS
  for (let level = 0; level < MAX_OWNERS; level++) {
    const account = model.accounts.get(owner)
    if (account === undefined) break
    call = { target: owner, message: pickExecution(model, random, call, 0) }
    owner = model.owners.get(account.entry) ?? ZERO_ADDRESS
  }
  const canAct = isActor(model, owner) && random.chance(0.93)
  return { actor: canAct ? owner : pickActor(model, random), ...call }
}

/** Anybody asks an account to mint; those of the right kind do. */
function publicMint(model: Model, random: Random): Step {
  const minters = [...model.accounts].filter(
    ([, account]) => account.implementation === model.world.implementations.minter,
  )
  const [target] =
    minters.length > 0 && random.chance(0.9) ? random.pick(minters) : [accountOf(model.world, pickEntry(model, random))]
  return { actor: pickActor(model, random), target, message: pickMint(model, random, MAX_DEPTH) }
}

/** Someone moves or approves a token, most often one who may. */
function asTokenHolder(model: Model, random: Random): Step {
  const id = pickEntry(model, random)
  const owner = model.owners.get(id) ?? ZERO_ADDRESS
  const message = pickTokenMessage(model, random, id)
  const approved = model.approvals.get(id) ?? ZERO_ADDRESS
  const sender = random.chance(0.75) ? owner : random.chance(0.5) ? approved : pickActor(model, random)
  const account = model.accounts.get(sender)
  if (account !== undefined) {
    const inner: Call = { target: model.world.hypermap, message }
    return byOwner(model, random, account.entry, pickExecution(model, random, inner, 0))
  }
  return { actor: isActor(model, sender) ? sender : pickActor(model, random), target: model.world.hypermap, message }
}

function pickCall(model: Model, random: Random, entry: Hex, depth: number): Call {
  if (random.chance(0.06)) return pickAccountCall(model, random, depth)
  return { target: model.world.hypermap, message: pickAction(model, random, depth, entry) }
}

function pickAccountCall(model: Model, random: Random, depth: number): Call {
  const target = accountOf(model.world, pickEntryOrMissing(model, random))
  if (depth === 0 || random.chance(0.5)) return { target, message: pickSelfMessage(model, random) }
  return { target, message: pickExecution(model, random, pickCall(model, random, ROOT, depth - 1), depth - 1) }
}

/** One of the ways to have an account make `call`. */
function pickExecution(model: Model, random: Random, call: Call, depth: number): Message {
  const more = (): Call[] =>
    depth === 0 ? [] : Array.from({ length: random.below(3) }, () => pickCall(model, random, ROOT, depth - 1))
  return pickWeighted<() => Message>(random, [
    [60, () => ({ fn: 'execute', call, operation: random.chance(0.02) ? 2 + random.below(254) : 0 })],
    [10, () => ({ fn: 'execute', call, operation: 0, gasLimit: random.chance(0.5) ? 0 : 30_000_000 })],
    [10, () => ({ fn: 'executeCall', call })],
    [8, () => ({ fn: 'executeBatch', calls: [call, ...more()] })],
    [12, () => ({ fn: 'execute', call: pickAggregate(model, random, [call, ...more()]), operation: 1 })],
  ])()
}

function pickAggregate(model: Model, random: Random, calls: readonly Call[]): Call {
  const tolerant = calls.map((call) => ({ ...call, allowFailure: random.chance(0.4) }))
  return { target: model.world.multicall, message: { fn: 'aggregate3', calls: tolerant } }
}

/** What an entry's account, here most often that of `entry`, may ask of Hypermap. */
function pickAction(model: Model, random: Random, depth: number, entry?: Hex): Message {
  return pickWeighted<() => Message>(random, [
    [34, () => pickMint(model, random, depth)],
    [26, () => ({ fn: 'note', label: pickLabel(random, '~'), data: pickData(random) })],
    [20, () => ({ fn: 'fact', label: pickLabel(random, '!'), data: pickData(random) })],
    [4, () => ({ fn: 'gene', gene: pickImplementation(model, random) })],
    [16, () => pickTokenMessage(model, random, pickOwned(model, random, entry))],
  ])()
}

function pickMint(model: Model, random: Random, depth: number): Extract<Message, { fn: 'mint' }> {
  return {
    fn: 'mint',
    to: pickReceiver(model, random),
    label: pickLabel(random, ''),
    init: pickInitialization(model, random, depth),
    implementation: pickImplementation(model, random),
  }
}

function pickInitialization(model: Model, random: Random, depth: number): Message | undefined {
  if (depth === 0 || random.chance(0.45)) return undefined
  if (random.chance(0.5)) return pickSelfMessage(model, random)
  return pickExecution(model, random, pickCall(model, random, ROOT, depth - 1), depth - 1)
}

/** What changes an account itself. */
function pickSelfMessage(model: Model, random: Random): Message {
  return pickWeighted<() => Message>(random, [
    [5, () => ({ fn: 'initialize' })],
    [
      4,
      () => ({
        fn: 'upgradeToAndCall',
        implementation: pickImplementation(model, random),
        init: random.chance(0.7)
          ? undefined
          : pickWeighted<Message>(random, [
              [2, { fn: 'initialize' }],
              [1, { fn: 'state' }],
              [1, { fn: 'gene', gene: ZERO_ADDRESS }],
            ]),
      }),
    ],
    [1, () => ({ fn: 'state' })],
    [1, () => ({ fn: 'isOperator', signer: pickReceiver(model, random) })],
    [1, () => ({ fn: 'note', label: '~a', data: '0x01' })],
  ])()
}

function pickTokenMessage(model: Model, random: Random, id: Hex): Message {
  const owner = model.owners.get(id) ?? ZERO_ADDRESS
  const from = random.chance(0.95) ? owner : pickReceiver(model, random)
  const to = pickReceiver(model, random, id)
  return pickWeighted<() => Message>(random, [
    [4, () => ({ fn: 'transferFrom', from, to, id })],
    [2, () => ({ fn: 'safeTransferFrom', from, to, id })],
    [1, () => ({ fn: 'safeTransferFromWithData', from, to, id })],
    [2, () => ({ fn: 'approve', to: pickReceiver(model, random), id })],
    [1, () => ({ fn: 'setApprovalForAll', operator: pickReceiver(model, random), approved: random.chance(0.7) })],
  ])()
}

function pickCreateAccount(model: Model, random: Random): Message {
  return { fn: 'createAccount', entry: pickEntryOrMissing(model, random) }
}

/** An entry owned by the account of `entry`, where there is one. */
function pickOwned(model: Model, random: Random, entry: Hex | undefined): Hex {
  if (entry === undefined) return pickEntryOrMissing(model, random)
  const account = accountOf(model.world, entry)
  const owned = [...model.owners].filter(([, owner]) => owner === account)
  const found = owned.length > 0 && random.chance(0.8) ? random.pick(owned)[0] : undefined
  return found ?? pickEntryOrMissing(model, random)
}

/** An entry; most often one that someone can act for, and rather an old one, so that calls meet each other's traces. */
function pickEntry(model: Model, random: Random): Hex {
  const entries = [...model.owners.keys()]
  const candidates = random.chance(0.6) ? entries.slice(0, 12) : entries
  if (random.chance(0.1)) return random.pick(entries)
  return retry(
    8,
    () => random.pick(candidates),
    (entry) => isActor(model, finalOwner(model, entry)),
  )
}

/** The first good one of some tries, or the last. */
function retry<T>(tries: number, make: () => T, isGood: (item: T) => boolean): T {
  let item = make()
  for (let count = 1; count < tries && !isGood(item); count++) item = make()
  return item
}

/** Whoever owns the entry in the end, through the accounts of other entries. */
function finalOwner(model: Model, entry: Hex): Hex {
  let owner = model.owners.get(entry) ?? ZERO_ADDRESS
  for (let level = 0; level < MAX_OWNERS; level++) {
    const account = model.accounts.get(owner)
    if (account === undefined) break
    owner = model.owners.get(account.entry) ?? ZERO_ADDRESS
  }
  return owner
}

/** An entry, or one that nobody has minted yet, perhaps with an account already. */
function pickEntryOrMissing(model: Model, random: Random): Hex {
  const entry = pickEntry(model, random)
  if (random.chance(0.04)) {
    const early = [...model.accounts.values()].filter(({ implementation }) => implementation === undefined)
    if (early.length > 0) return random.pick(early).entry
  }
  return random.chance(0.75) ? entry : childOf(entry, pickLabel(random, ''))
}

function pickImplementation(model: Model, random: Random): Hex {
  const { plain, upgradable, minter, codeless } = model.world.implementations
  return pickWeighted(random, [
    [8, plain],
    [6, upgradable],
    [10, minter],
    [1, codeless],
    [1, ZERO_ADDRESS],
  ])
}

/** Who may get a token: actors, accounts of entries there and to come, and those who should not. */
function pickReceiver(model: Model, random: Random, id?: Hex): Hex {
  const { receivers, stubborn, impostors, sleepers, hypermap } = model.world
  return pickWeighted<() => Hex>(random, [
    [55, () => random.pick(receivers)],
    [28, () => accountOf(model.world, pickEntryOrMissing(model, random))],
    [2, () => (id === undefined ? random.pick(receivers) : accountOf(model.world, id))],
    [3, () => random.pick(stubborn)],
    [4, () => random.pick(impostors)],
    [3, () => random.pick(sleepers)],
    [1, () => hypermap],
    [2, () => ZERO_ADDRESS],
  ])()
}

function pickActor(model: Model, random: Random): Hex {
  return random.pick(actorsOf(model))
}

function isActor(model: Model, address: Hex): boolean {
  return actorsOf(model).includes(address)
}

function actorsOf({ world }: Model): readonly Hex[] {
  return [...world.receivers, ...world.stubborn, ...world.impostors]
}
