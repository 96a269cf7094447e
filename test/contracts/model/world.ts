import { childNamehash, labelhash, ROOT_NAMEHASH, tokenBoundAccount } from '@hyperware/protocol'
import type { Namehash } from '@hyperware/protocol'
import type { Hex } from 'viem'
import type { Namespace } from './messages.ts'

export const ZERO_ADDRESS: Hex = `0x${'00'.repeat(20)}`
export const ROOT: Hex = ROOT_NAMEHASH

/** Who and what a test plays with. All addresses are in lower case. */
export type World = Namespace & {
  registry: Hex
  multicall: Hex
  /** Account code by kind; `codeless` is an address that has none. */
  implementations: { plain: Hex; upgradable: Hex; minter: Hex; codeless: Hex }
  /** Callers that accept tokens. One is the first owner of the root. */
  receivers: readonly Hex[]
  /** Callers that do not. */
  stubborn: readonly Hex[]
  /** Callers whose code ends like that of an entry's account, without being it. */
  impostors: readonly Hex[]
  /** Addresses without code that never call. */
  sleepers: readonly Hex[]
  rootOwner: Hex
  /** Whether a call that writes a note counts in an account's `state`; ERC-6551 leaves it open. */
  countsNotes: boolean
}

const accountsKnown = new Map<string, Hex>()
const entriesByAccount = new Map<Hex, Hex>()

/** Where an entry's account is or will be. */
export function accountOf(world: Namespace, entry: Hex): Hex {
  const key = world.hypermap + entry
  let account = accountsKnown.get(key)
  if (account === undefined) {
    const { hypermap, dispatcher, chainId } = world
    account = tokenBoundAccount({ hypermap, dispatcher, chainId, entry: entry as Namehash }).toLowerCase() as Hex
    accountsKnown.set(key, account)
    entriesByAccount.set(account, entry)
  }
  return account
}

const childrenKnown = new Map<string, Hex>()
const pathsByEntry = new Map<Hex, string>([[ROOT, '']])

/** Path of a namehash met before. */
export function entryPath(entry: Hex): string | undefined {
  return pathsByEntry.get(entry)
}

/** Path of the entry whose account this is, when met before. */
export function accountPath(account: Hex): string | undefined {
  const entry = entriesByAccount.get(account)
  return entry === undefined ? undefined : entryPath(entry)
}

/** Namehash of a label, whose characters are bytes, beneath an entry. */
export function childOf(parent: Hex, label: string): Hex {
  const key = parent + label
  let child = childrenKnown.get(key)
  if (child === undefined) {
    child = childNamehash(parent as Namehash, Buffer.from(label, 'latin1'))
    childrenKnown.set(key, child)
    const parentPath = pathsByEntry.get(parent) ?? ''
    pathsByEntry.set(child, JSON.stringify(label).slice(1, -1) + (parentPath === '' ? '' : `.${parentPath}`))
  }
  return child
}

const labelHashesKnown = new Map<string, Hex>()

/** keccak-256 of the label's bytes, as events index it. */
export function labelTopic(label: string): Hex {
  let hash = labelHashesKnown.get(label)
  if (hash === undefined) {
    hash = labelhash(Buffer.from(label, 'latin1'))
    labelHashesKnown.set(label, hash)
  }
  return hash
}

/** Most hashes to remember from one sequence of calls to the next. */
const MAX_KNOWN = 50_000

/** Forgets computed hashes once they are many; to be called where no path met so far is still of interest. */
export function forgetHashes(): void {
  if (childrenKnown.size + accountsKnown.size + labelHashesKnown.size < MAX_KNOWN) return
  for (const known of [childrenKnown, accountsKnown, labelHashesKnown, entriesByAccount, pathsByEntry]) known.clear()
  pathsByEntry.set(ROOT, '')
}
