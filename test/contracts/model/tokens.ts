import type { Hex } from 'viem'
import { encodeResult, topicOf, word } from './abi.ts'
import { emit, type Model, put, revert } from './state.ts'
import { ZERO_ADDRESS } from './world.ts'

/** Names as ERC-721 tokens, as OpenZeppelin 5 has them, and the rule that no entry may come to own itself. */

export function ownerOf(model: Model, id: Hex): Hex {
  return model.owners.get(id) ?? ZERO_ADDRESS
}

export function requireOwned(model: Model, id: Hex): Hex {
  const owner = model.owners.get(id)
  if (owner === undefined) revert('ERC721NonexistentToken(uint256)', word(id))
  return owner
}

export function isOperatorFor(model: Model, owner: Hex, operator: Hex): boolean {
  return model.operators.get(owner + operator) ?? false
}

/** A token comes into being. */
export function createToken(model: Model, to: Hex, id: Hex): void {
  move(model, ZERO_ADDRESS, to, id)
}

/** `transferFrom` by `caller`. */
export function transfer(model: Model, caller: Hex, { from, to, id }: { from: Hex; to: Hex; id: Hex }): void {
  if (to === ZERO_ADDRESS) revert('ERC721InvalidReceiver(address)', word(ZERO_ADDRESS))
  requireNoCycle(model, to, id)
  const owner = model.owners.get(id)
  if (owner === undefined) revert('ERC721NonexistentToken(uint256)', word(id))
  if (owner !== caller && !isOperatorFor(model, owner, caller) && model.approvals.get(id) !== caller) {
    revert('ERC721InsufficientApproval(address,uint256)', word(caller), word(id))
  }
  if (owner !== from) revert('ERC721IncorrectOwner(address,uint256,address)', word(from), word(id), word(owner))
  move(model, owner, to, id)
}

/** A transfer by Hypermap of what it holds, which the receiver must accept. */
export function handOver(model: Model, { to, id }: { to: Hex; id: Hex }): void {
  const { hypermap } = model.world
  if (to === ZERO_ADDRESS) revert('ERC721InvalidReceiver(address)', word(ZERO_ADDRESS))
  requireNoCycle(model, to, id)
  const owner = ownerOf(model, id)
  if (owner !== hypermap) {
    revert('ERC721IncorrectOwner(address,uint256,address)', word(hypermap), word(id), word(owner))
  }
  move(model, hypermap, to, id)
  requireAccepted(model, to, id)
}

/** What a safe transfer asks of its receiver: addresses without code take everything. */
export function requireAccepted(model: Model, to: Hex, id: Hex): void {
  model.receivers.get(to)?.(id)
  const { hypermap, stubborn, impostors } = model.world
  if (stubborn.includes(to) || impostors.includes(to)) revert('ERC721InvalidReceiver(address)', word(to))
  const account = model.accounts.get(to)
  if (account !== undefined && account.implementation === undefined) {
    revert('NotHypermapCaller(address)', word(hypermap))
  }
}

export function approve(model: Model, caller: Hex, { to, id }: { to: Hex; id: Hex }): void {
  const owner = requireOwned(model, id)
  if (owner !== caller && !isOperatorFor(model, owner, caller)) revert('ERC721InvalidApprover(address)', word(caller))
  put(model, model.approvals, id, to)
  emit(model, model.world.hypermap, [topicOf('Approval(address,address,uint256)'), pad(owner), pad(to), id])
}

export function setApprovalForAll(model: Model, caller: Hex, operator: Hex, approved: boolean): void {
  if (operator === ZERO_ADDRESS) revert('ERC721InvalidOperator(address)', word(operator))
  put(model, model.operators, caller + operator, approved)
  const topics = [topicOf('ApprovalForAll(address,address,bool)'), pad(caller), pad(operator)]
  emit(model, model.world.hypermap, topics, encodeResult(word(approved)))
}

export function pad(address: Hex): Hex {
  return `0x${word(address)}`
}

function move(model: Model, from: Hex, to: Hex, id: Hex): void {
  if (from !== ZERO_ADDRESS) {
    put(model, model.approvals, id, ZERO_ADDRESS)
    put(model, model.balances, from, (model.balances.get(from) ?? 0) - 1)
  }
  put(model, model.balances, to, (model.balances.get(to) ?? 0) + 1)
  put(model, model.owners, id, to)
  model.touched.add(id)
  emit(model, model.world.hypermap, [topicOf('Transfer(address,address,uint256)'), pad(from), pad(to), id])
}

/** Whoever an account's entry belongs to owns what the account owns: following that up from `to` must not lead to `id`. */
function requireNoCycle(model: Model, to: Hex, id: Hex): void {
  let account = model.accounts.get(to)
  while (account !== undefined) {
    if (account.entry === id) revert('OwnershipCycle()')
    const owner = model.owners.get(account.entry)
    account = owner === undefined ? undefined : model.accounts.get(owner)
  }
}
