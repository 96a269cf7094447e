import { hypermapAbi } from '@hyperware/deployments/abi'
import { deploymentOf } from '@hyperware/deployments'
import { encodeAbiParameters, encodeFunctionData, hexToBigInt, keccak256, numberToHex, parseAbi, toHex } from 'viem'
import type { Hex } from 'viem'
import { namehash, parseName } from '@hyperware/protocol'
import type { Area } from '../area.ts'
import { compile, type Edit } from '../compile.ts'
import { runTimed, type TimedRules, type TimedStep } from '../timed.ts'
import { addressOf } from '../signatures.ts'
import { openStage, type Stage } from '../stage.ts'
import { revertEmpty } from '../state.ts'
import { createRandom } from '../random.ts'
import { ZERO_ADDRESS } from '../world.ts'
import { generateTokenStep } from './generator.ts'
import { callHypr } from './hypr-rules.ts'
import { callRegistry } from './lock-rules.ts'
import { describeLook, look, looksAfter, looksAround } from './looks.ts'
import { encodeTokenMessage, type TokenMessage } from './messages.ts'
import { createTokenModel, SUPPLY, type TokenModel, type TokenWorld } from './state.ts'
import { callGovernanceHypr } from './vote-rules.ts'

const ACTORS = 7

/** HYPR, its locks and registrations, and votes. `edits` break the contracts. */
export async function openTokenArea(edits: readonly Edit[] = []): Promise<Area<TimedStep<TokenMessage>>> {
  const stage = await openStage()
  const folder = 'contracts/token'
  const files = [`${folder}/Hypr.sol`, `${folder}/TokenRegistry.sol`, `${folder}/GovernanceHypr.sol`]
  const built = compile([...files, 'test/contracts/model/token/Observer.sol'], edits)
  const world = await createWorld(stage, built)

  const rules: TimedRules<TokenModel, TokenMessage> = {
    createModel: () => createTokenModel(world, ZERO_ADDRESS),
    generate: generateTokenStep,
    send: (model, { actor, target, message }) => {
      if (target === world.hypr) return callHypr(model, actor, message)
      if (target === world.registry) return callRegistry(model, actor, message)
      if (target === world.gHypr) return callGovernanceHypr(model, actor, message)
      return message.fn === 'look' ? look(model, message) : revertEmpty()
    },
    looksAfter,
    looksAround,
    encode: (_model, message) => encodeTokenMessage(message),
  }
  const nameOf = (value: Hex) => nameIn(world, value)
  return {
    name: 'token',
    sequenceLength: 200,
    runGenerated: (seed, length) => {
      const random = createRandom(seed)
      return runTimed(stage, rules, (model, index) => (index < length ? generateTokenStep(model, random) : undefined))
    },
    runGiven: (steps) => runTimed(stage, rules, (_model, index) => steps[index]),
    words: {
      abi: ['Hypr', 'TokenRegistry', 'GovernanceHypr'].flatMap((name) => built(name).abi),
      nameOf,
      describeStep: (step) => describeTimedStep(step, nameOf),
      describeResult: ({ message }, result) =>
        message.fn === 'look' ? describeLook(rules.createModel(), result) : result,
    },
    close: stage.close,
  }
}

async function createWorld(stage: Stage, built: ReturnType<typeof compile>): Promise<TokenWorld> {
  const { client, deploy, send } = stage
  const { contracts } = deploymentOf(31337)
  const hypermap = contracts.Hypermap.address
  const minSecondsPerBlock = 1n
  const parameters = (types: readonly string[], values: readonly unknown[]) =>
    encodeAbiParameters(
      types.map((type) => ({ type })),
      values,
    ).slice(2)
  const holder = client.account.address.toLowerCase() as Hex
  const hypr = await deploy(`${built('Hypr').code}${parameters(['address'], [holder])}`)
  const registry = await deploy(
    `${built('TokenRegistry').code}${parameters(['address', 'address', 'uint256'], [hypermap, hypr, minSecondsPerBlock])}`,
  )
  const { number, timestamp } = await client.getBlock()
  const gHyprAbi = parseAbi(['function gHypr() view returns (address)'])
  const gHypr = (await client.readContract({ address: registry, abi: gHyprAbi, functionName: 'gHypr' })).toLowerCase()
  const observer = await deploy(`${built('Observer').code}${parameters(['address', 'address'], [hypr, registry])}`)

  const keys = new Map(
    Array.from({ length: ACTORS }, (_, index): [Hex, Hex] => {
      const key = keccak256(toHex(`actor ${index}`))
      return [addressOf(key), key]
    }),
  )
  const actors = [...keys.keys()]
  const abi = parseAbi(['function transfer(address to, uint256 amount)'])
  const funds = new Map<Hex, bigint>()
  let left = SUPPLY
  for (const [index, actor] of actors.entries()) {
    await stage.employ(actor)
    // One has most of the supply, one little.
    const amount = index === actors.length - 1 ? left - 1_000_000n * 10n ** 18n : SUPPLY / 10n ** BigInt(index + 2)
    left -= amount
    funds.set(actor, amount)
    await send('fund an actor', hypr, encodeFunctionData({ abi, functionName: 'transfer', args: [actor, amount] }))
  }
  funds.set(holder, left)
  const entries = await mintEntries(stage, hypermap)
  const start = await stage.begin()
  return {
    hypr,
    registry,
    gHypr: gHypr as Hex,
    observer,
    chainId: 31337,
    minSecondsPerBlock,
    start,
    madeAt: { block: Number(number), time: timestamp },
    actors,
    keys,
    sleepers: [`0x${'51ee9e55'.repeat(5)}`],
    entries,
    unknownEntries: [keccak256(toHex('nothing')), namehash(parseName('missing.os')), numberToHex(1, { size: 32 })],
    funds,
  }
}

/** Names to register on; the root is one as well. */
async function mintEntries({ client, send }: Stage, hypermap: Hex): Promise<Hex[]> {
  const root = namehash(parseName(''))
  const [rootAccount] = await client.readContract({
    address: hypermap,
    abi: hypermapAbi,
    functionName: 'get',
    args: [root],
  })
  const { contracts } = deploymentOf(31337)
  const execute = parseAbi(['function execute(address to, uint256 value, bytes data, uint8 operation)'])
  const labels = ['os', 'a', 'b', 'c']
  for (const label of labels) {
    const mint = encodeFunctionData({
      abi: hypermapAbi,
      functionName: 'mint',
      args: [client.account.address, toHex(label), '0x', contracts.HyperAccount.address],
    })
    const data = encodeFunctionData({ abi: execute, functionName: 'execute', args: [hypermap, 0n, mint, 0] })
    await send(`mint ${label}`, rootAccount, data)
  }
  return labels.map((label) => namehash(parseName(label)))
}

/** A call in words, after the time that passes before it. */
export function describeTimedStep<M extends { fn: string }>(
  { pause, actor, target, message }: TimedStep<M>,
  nameOf: (value: Hex) => string,
): string {
  const { fn, ...rest } = message
  const shown = (value: unknown) => (typeof value === 'string' ? nameOf(value as Hex) : String(value))
  const parts = Object.entries(rest).map(([field, value]) => `${field}: ${shown(value)}`)
  const passed = pause === undefined ? '' : `after ${pause.seconds} s and ${pause.blocks} blocks, `
  return `${passed}${nameOf(actor)} -> ${nameOf(target)}.${fn}(${parts.join(', ')})`
}

function nameIn(world: TokenWorld, value: Hex): string {
  if (value === ZERO_ADDRESS) return 'zero'
  if (value.length === 66 && hexToBigInt(value) === 0n) return 'unregistered'
  for (const [role, known] of Object.entries(world)) {
    if (known === value) return role
    const at = Array.isArray(known) ? known.indexOf(value) : -1
    if (at !== -1) return `${role}[${at}]`
  }
  return value
}
