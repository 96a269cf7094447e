import type { Hex } from 'viem'
import type { Clock } from '../stage.ts'
import { type Journal, put, revert } from '../state.ts'
import { word } from '../abi.ts'

export type TokenWorld = {
  hypr: Hex
  registry: Hex
  gHypr: Hex
  observer: Hex
  chainId: number
  minSecondsPerBlock: bigint
  /** The clock when play begins, and when the registry was made. */
  start: Clock
  madeAt: Clock
  /** Callers, with their keys. */
  actors: readonly Hex[]
  keys: ReadonlyMap<Hex, Hex>
  /** Addresses that never call. */
  sleepers: readonly Hex[]
  /** Namehashes that are names, and some that are not. */
  entries: readonly Hex[]
  unknownEntries: readonly Hex[]
  /** Balances when play begins. */
  funds: ReadonlyMap<Hex, bigint>
}

/** What an account has locked, and who votes with it, from a block on. An amount of zero stands for no lock. */
export type Standing = { block: number; amount: bigint; end: bigint; voter: Hex }

export type Bind = { entry: Hex; amount: bigint; end: bigint }

/** When something was last written down, block by block. */
export type Record = Clock

export type TokenModel = Journal & {
  readonly world: TokenWorld
  clock: Clock
  readonly balances: Map<Hex, bigint>
  /** Keys are owner and spender, one after the other. */
  readonly allowances: Map<string, bigint>
  readonly permitNonces: Map<Hex, bigint>
  readonly delegationNonces: Map<Hex, bigint>
  readonly supply: Map<'supply', bigint>
  /** One per block in which something changed, oldest first. */
  readonly standings: Map<Hex, readonly Standing[]>
  readonly binds: Map<Hex, readonly Bind[]>
  /** When the votes given to an account, or under zero all votes, were written down. */
  readonly records: Map<Hex, readonly Record[]>
}

export function createTokenModel(world: TokenWorld, zero: Hex): TokenModel {
  return {
    world,
    clock: world.start,
    balances: new Map(world.funds),
    allowances: new Map(),
    permitNonces: new Map(),
    delegationNonces: new Map(),
    supply: new Map([['supply', SUPPLY]]),
    standings: new Map(),
    binds: new Map(),
    records: new Map([[zero, [world.madeAt]]]),
    undo: [],
    logs: [],
  }
}

/** The supply of HYPR, and the most that the curve of votes is defined for. */
export const SUPPLY = 10n ** 27n
export const WEEK = 604_800n
export const MIN = 4n * WEEK
export const MAX = 208n * WEEK
const WORD_END = 1n << 256n

/** Fails as checked arithmetic does when a number leaves its 256 bits. */
export function checked(value: bigint): bigint {
  if (value < 0n || value >= WORD_END) revert('Panic(uint256)', word(0x11))
  return value
}

/** The last item that is not after a block. */
export function atBlock<T extends { block: number }>(history: readonly T[] | undefined, block: number): T | undefined {
  return history?.findLast((item) => item.block <= block)
}

/** Adds to a history, or replaces what began in the same block. */
export function remember<T extends { block: number }>(
  model: TokenModel,
  histories: Map<Hex, readonly T[]>,
  key: Hex,
  item: T,
): void {
  const before = histories.get(key) ?? []
  put(model, histories, key, [...before.filter(({ block }) => block !== item.block), item])
}
