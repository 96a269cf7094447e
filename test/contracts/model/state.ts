import type { Hex } from 'viem'
import { encodeCall, type Part } from './abi.ts'
import type { Message } from './messages.ts'
import { accountOf, ROOT, type World } from './world.ts'

/** What a failed call takes back, and what a call logged. */
export type Journal = { readonly undo: (() => void)[]; readonly logs: Log[] }

export type Log = { address: Hex; topics: readonly Hex[]; data: Hex }

/** An account that exists. Without implementation nobody has minted its entry yet. */
export type Account = { entry: Hex; implementation: Hex | undefined; executions: number; initialized: boolean }

/**
 * The namespace as plain maps. A name is in `owners`, by namehash, under which its token goes too; notes and facts are
 * in `data`. Every write goes through `put`, so that a failed call can be undone.
 */
export type Model = Journal & {
  readonly world: World
  readonly owners: Map<Hex, Hex>
  readonly genes: Map<Hex, Hex>
  readonly data: Map<Hex, Hex>
  readonly approvals: Map<Hex, Hex>
  /** Keys are owner and operator, one after the other. */
  readonly operators: Map<string, boolean>
  readonly balances: Map<Hex, number>
  readonly accounts: Map<Hex, Account>
  /** Namehashes of everything written, in order of first writing; never undone, for tests to look around. */
  readonly touched: Set<Hex>
  readonly send: Send
  /** What a contract that gets an entry by a safe transfer does with it; may fail with `Revert`. */
  readonly receivers: Map<Hex, (id: Hex) => void>
}

/** Sends a message and gives back the data returned. Throws `Revert`, with every effect undone. */
export type Send = (model: Model, caller: Hex, target: Hex, message: Message) => Hex

/** A call that fails, with its revert data. */
export class Revert extends Error {
  readonly data: Hex
  constructor(data: Hex) {
    super(`reverted with ${data}`)
    this.data = data
  }
}

/** Fails with a named error. */
export function revert(signature: string, ...parts: readonly Part[]): never {
  throw new Revert(encodeCall(signature, ...parts))
}

/** Fails without data, as contracts do that have no such function. */
export function revertEmpty(): never {
  throw new Revert('0x')
}

/** The namespace as `initialize` leaves it, with the root handed to the world's owner of it. */
export function createModel(world: World, send: Send): Model {
  const rootAccount: Account = {
    entry: ROOT,
    implementation: world.implementations.plain,
    executions: 0,
    initialized: false,
  }
  return {
    world,
    owners: new Map([[ROOT, world.rootOwner]]),
    genes: new Map(),
    data: new Map(),
    approvals: new Map(),
    operators: new Map(),
    balances: new Map([[world.rootOwner, 1]]),
    accounts: new Map([[accountOf(world, ROOT), rootAccount]]),
    touched: new Set([ROOT]),
    undo: [],
    logs: [],
    send,
    receivers: new Map(),
  }
}

/** Writes, so that it can be undone. */
export function put<K, V>(model: Pick<Journal, 'undo'>, map: Map<K, V>, key: K, value: V): void {
  const before = map.get(key)
  model.undo.push(before === undefined ? () => map.delete(key) : () => map.set(key, before))
  map.set(key, value)
}

export function emit(model: Pick<Journal, 'logs'>, address: Hex, topics: readonly Hex[], data: Hex = '0x'): void {
  model.logs.push({ address, topics, data })
}

/** Runs `action` all or nothing: what it wrote and logged is gone when it throws. */
export function atomically<T>(model: Journal, action: () => T): T {
  const written = model.undo.length
  const logged = model.logs.length
  try {
    return action()
  } catch (error) {
    while (model.undo.length > written) model.undo.pop()?.()
    model.logs.length = logged
    throw error
  }
}

/** As `atomically`, with a failure as a value. */
export function attempt(model: Journal, action: () => Hex): { ok: boolean; result: Hex } {
  try {
    return { ok: true, result: atomically(model, action) }
  } catch (error) {
    if (error instanceof Revert) return { ok: false, result: error.data }
    throw error
  }
}
