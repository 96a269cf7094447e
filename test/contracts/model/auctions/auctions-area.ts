import { deploymentOf } from '@hyperware/deployments'
import { hypermapAbi } from '@hyperware/deployments/abi'
import { encodeAbiParameters, encodeFunctionData, hexToBigInt, keccak256, parseAbi, toHex } from 'viem'
import type { Hex } from 'viem'
import type { Area } from '../area.ts'
import { compile, type Edit } from '../compile.ts'
import { describeStep } from '../messages.ts'
import { namespaceAbi, nameIn } from '../namespace-area.ts'
import { send as sendToNamespace } from '../play.ts'
import { createRandom } from '../random.ts'
import { addressOf } from '../signatures.ts'
import { openStage, type Stage } from '../stage.ts'
import { createModel } from '../state.ts'
import { runTimed, type TimedRules, type TimedStep } from '../timed.ts'
import { callHypr } from '../token/hypr-rules.ts'
import { SUPPLY } from '../token/state.ts'
import { describeTimedStep } from '../token/token-area.ts'
import { forgetHashes, ROOT, ZERO_ADDRESS } from '../world.ts'
import { callAuction, makeAuction } from './auction-rules.ts'
import { generateAuctionStep } from './generator.ts'
import { callLease } from './lease-rules.ts'
import { describeLook, look, looksAfter, looksAround, seeOwner } from './looks.ts'
import { type AuctionMessage, encodeAuctionMessage } from './messages.ts'
import { callPhases } from './phase-rules.ts'
import { type AuctionModel, type AuctionWorld, type Kind, KINDS } from './state.ts'

const ACTORS = 6

const CONTRACTS: Readonly<Record<Kind, string>> = {
  english: 'EnglishAuction',
  dutch: 'DutchAuction',
  sealed: 'SealedAuction',
  lease: 'LeaseAuction',
}

/** Auctions of every kind, leases, and the phases of governance. `edits` break the contracts. */
export async function openAuctionsArea(edits: readonly Edit[] = []): Promise<Area<TimedStep<AuctionMessage>>> {
  const stage = await openStage()
  const built = compile(
    [
      ...Object.values(CONTRACTS).map((name) => `contracts/auctions/${name}.sol`),
      'contracts/auctions/ZoneLease.sol',
      'contracts/auctions/libraries/Ledger.sol',
      'contracts/governance/Phases.sol',
      'contracts/token/Hypr.sol',
      'test/contracts/model/auctions/Observer.sol',
    ],
    edits,
  )
  const world = await createWorld(stage, built)
  const rules: TimedRules<AuctionModel, AuctionMessage> = {
    createModel: () => {
      forgetHashes()
      return createAuctionModel(world)
    },
    generate: generateAuctionStep,
    send,
    looksAfter,
    looksAround,
    encode: ({ world }, message) => encodeAuctionMessage(world, message),
  }
  const nameOf = (value: Hex) => nameIn(world, value)
  const names = [...Object.values(CONTRACTS), 'ZoneLease', 'Ledger', 'Phases', 'Hypr']
  return {
    name: 'auctions',
    sequenceLength: 150,
    runGenerated: (seed, length) => {
      const random = createRandom(seed)
      return runTimed(stage, rules, (model, index) => (index < length ? generateAuctionStep(model, random) : undefined))
    },
    runGiven: (steps) => runTimed(stage, rules, (_model, index) => steps[index]),
    words: {
      abi: [...names.flatMap((name) => built(name).abi), ...namespaceAbi],
      nameOf,
      describeStep: (step) => describeAuctionStep(step, nameOf),
      describeResult: ({ message }, result) => (message.fn.startsWith('lookAt') ? describeLook(result) : result),
    },
    close: stage.close,
  }
}

function send(model: AuctionModel, { actor, target, message }: TimedStep<AuctionMessage>): Hex {
  const { world, namespace } = model
  switch (message.fn) {
    case 'namespace':
      return sendToNamespace(namespace, actor, target, message.message)
    case 'hypr':
      return callHypr(model, actor, message.message)
    case 'make':
      return makeAuction(model, message.kind, message.terms)
    case 'lookAtAuction':
    case 'lookAtLease':
    case 'lookAtPhases':
      return look(model, message)
    case 'ownerOf':
      return seeOwner(model, message.entry)
    default:
      if (target === world.phases) return callPhases(model, actor, message)
      if (model.auctions.has(target)) return callAuction(model, actor, target, message)
      // An address without code takes everything; so do auctions and leases that are not made in a shorter sequence.
      return model.leases.has(target) ? callLease(model, actor, target, message) : '0x'
  }
}

function createAuctionModel(world: AuctionWorld): AuctionModel {
  const namespace = createModel(world, sendToNamespace)
  return {
    world,
    clock: world.start,
    namespace,
    balances: new Map(world.funds),
    allowances: new Map(),
    permitNonces: new Map(),
    supply: new Map([['supply', SUPPLY]]),
    auctions: new Map(),
    leases: new Map(),
    phases: new Map([
      ['phases', { phase: 1, treasury: world.treasury, listed: world.actors.slice(0, 2), listRemoved: false }],
    ]),
    paid: new Map(),
    secrets: new Map(),
    undo: namespace.undo,
    logs: namespace.logs,
  }
}

async function createWorld(stage: Stage, built: ReturnType<typeof compile>): Promise<AuctionWorld> {
  const { client, deploy, send, employ } = stage
  const { contracts } = deploymentOf(31337)
  const lower = (address: Hex | undefined): Hex => (address ?? ZERO_ADDRESS).toLowerCase() as Hex
  const encode = (types: readonly string[], values: readonly unknown[]) =>
    encodeAbiParameters(
      types.map((type) => ({ type })),
      values,
    ).slice(2)
  const people = Array.from({ length: ACTORS + 3 }, (_, index) => addressOf(keccak256(toHex(`bidder ${index}`))))
  for (const address of people) await employ(address)
  const [steward = '0x', timelock = '0x', treasury = '0x', ...actors] = people
  const [rootOwner = '0x'] = actors

  const holder = lower(client.account.address)
  const hypermap = lower(contracts.Hypermap.address)
  const hypr = await deploy(`${built('Hypr').code}${encode(['address'], [holder])}`)
  const phases = await deploy(
    `${built('Phases').code}${encode(['address', 'address', 'address', 'address[]'], [timelock, steward, treasury, actors.slice(0, 2)])}`,
  )
  const transferAbi = parseAbi(['function transfer(address to, uint256 amount)'])
  const funds = new Map<Hex, bigint>()
  for (const actor of actors) {
    const amount = SUPPLY / 10n
    funds.set(actor, amount)
    const data = encodeFunctionData({ abi: transferAbi, functionName: 'transfer', args: [actor, amount] })
    await send('fund an actor', hypr, data)
  }
  funds.set(holder, SUPPLY - (SUPPLY / 10n) * BigInt(actors.length))
  await send(
    'hand over the root',
    hypermap,
    encodeFunctionData({
      abi: hypermapAbi,
      functionName: 'transferFrom',
      args: [client.account.address, rootOwner, hexToBigInt(ROOT)],
    }),
  )
  const maker = await deploy(built('Maker').code)
  const observer = await deploy(built('Observer').code)
  return {
    hypermap,
    dispatcher: lower(contracts.AccountDispatcher?.address),
    chainId: 31337,
    registry: lower(contracts.Erc6551Registry.address),
    multicall: lower(contracts.Multicall3.address),
    implementations: {
      plain: lower(contracts.HyperAccount.address),
      upgradable: lower(contracts.HyperAccountUpgradable.address),
      minter: lower(contracts.HyperAccountMinter?.address),
      codeless: `0x${'c0de1e55'.repeat(5)}`,
    },
    receivers: actors,
    stubborn: [],
    impostors: [],
    sleepers: [],
    rootOwner,
    countsNotes: true,
    hypr,
    phases,
    maker,
    observer,
    start: await stage.begin(),
    actors,
    steward,
    timelock,
    treasury,
    labels: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'],
    funds,
    codes: Object.fromEntries(KINDS.map((kind) => [kind, built(CONTRACTS[kind]).code])) as Record<Kind, Hex>,
  }
}

function describeAuctionStep(step: TimedStep<AuctionMessage>, nameOf: (value: Hex) => string): string {
  const { message } = step
  if (message.fn === 'hypr') return describeTimedStep({ ...step, message: message.message }, nameOf)
  if (message.fn === 'make') {
    const { terms, kind } = message
    return describeTimedStep({ ...step, message: { fn: `make ${kind}`, ...terms } }, nameOf)
  }
  if (message.fn !== 'namespace') return describeTimedStep(step, nameOf)
  const { pause } = step
  const passed = pause === undefined ? '' : `after ${pause.seconds} s and ${pause.blocks} blocks, `
  return `${passed}${describeStep({ ...step, message: message.message }, nameOf)}`
}
