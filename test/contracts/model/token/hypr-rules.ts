import type { Hex } from 'viem'
import { encodeResult, topicOf, word } from '../abi.ts'
import { recoverSigner, type Signature, typedDigest } from '../signatures.ts'
import { emit, type Journal, put, revert, revertEmpty } from '../state.ts'
import { pad } from '../tokens.ts'
import { ZERO_ADDRESS } from '../world.ts'
import type { TokenMessage } from './messages.ts'

/** HYPR: an ERC-20 with burning and approval by signature, as OpenZeppelin 5 has it. */
export type HyprModel = Journal & {
  readonly world: { readonly hypr: Hex; readonly chainId: number }
  readonly clock: { readonly time: bigint }
  readonly balances: Map<Hex, bigint>
  readonly allowances: Map<string, bigint>
  readonly permitNonces: Map<Hex, bigint>
  readonly supply: Map<'supply', bigint>
}

const UNLIMITED = (1n << 256n) - 1n
const TRUE = encodeResult(word(1))

/** A message to HYPR. */
export function callHypr(model: HyprModel, caller: Hex, message: TokenMessage): Hex {
  switch (message.fn) {
    case 'transfer':
      move(model, caller, message.to, message.amount)
      return TRUE
    case 'approve':
      approve(model, caller, message.to, message.amount)
      return TRUE
    case 'transferFrom':
      moveFrom(model, caller, message)
      return TRUE
    case 'burn':
      burn(model, caller, message.amount)
      return '0x'
    case 'burnFrom':
      spendAllowance(model, message.from, caller, message.amount)
      burn(model, message.from, message.amount)
      return '0x'
    case 'permit':
      permit(model, message)
      return '0x'
    default:
      return revertEmpty()
  }
}

export function balanceOf(model: HyprModel, account: Hex): bigint {
  return model.balances.get(account) ?? 0n
}

export function allowanceOf(model: HyprModel, owner: Hex, spender: Hex): bigint {
  return model.allowances.get(owner + spender) ?? 0n
}

export function supplyOf(model: HyprModel): bigint {
  return model.supply.get('supply') ?? 0n
}

/** `transferFrom` by `spender`. */
export function moveFrom(model: HyprModel, spender: Hex, part: { from: Hex; to: Hex; amount: bigint }): void {
  spendAllowance(model, part.from, spender, part.amount)
  move(model, part.from, part.to, part.amount)
}

export function move(model: HyprModel, from: Hex, to: Hex, amount: bigint): void {
  if (to === ZERO_ADDRESS) revert('ERC20InvalidReceiver(address)', word(to))
  take(model, from, amount)
  put(model, model.balances, to, balanceOf(model, to) + amount)
  logTransfer(model, from, to, amount)
}

export function burn(model: HyprModel, from: Hex, amount: bigint): void {
  take(model, from, amount)
  put(model, model.supply, 'supply', supplyOf(model) - amount)
  logTransfer(model, from, ZERO_ADDRESS, amount)
}

export type Permit = { owner: Hex; spender: Hex; amount: bigint; deadline: bigint } & Signature

export function permit(model: HyprModel, message: Permit): void {
  const { owner, spender, amount, deadline } = message
  if (model.clock.time > deadline) revert('ERC2612ExpiredSignature(uint256)', word(deadline))
  const nonce = model.permitNonces.get(owner) ?? 0n
  const signer = requireSigner(permitDigest(model, { owner, spender, amount, deadline, nonce }), message)
  if (signer !== owner) revert('ERC2612InvalidSigner(address,address)', word(signer), word(owner))
  put(model, model.permitNonces, owner, nonce + 1n)
  approve(model, owner, spender, amount)
}

const PERMIT = 'Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)'

export function permitDigest(
  { world: { hypr, chainId } }: Pick<HyprModel, 'world'>,
  { owner, spender, amount, nonce, deadline }: Omit<Permit, keyof Signature> & { nonce: bigint },
): Hex {
  return typedDigest({ name: 'Hyperware', contract: hypr, chainId }, PERMIT, [owner, spender, amount, nonce, deadline])
}

/** Who signed a digest; fails as OpenZeppelin's ECDSA does. */
export function requireSigner(digest: Hex, signature: Signature): Hex {
  const signer = recoverSigner(digest, signature)
  if (signer === 'high') return revert('ECDSAInvalidSignatureS(bytes32)', word(signature.s))
  return signer === 'invalid' ? revert('ECDSAInvalidSignature()') : signer
}

function approve(model: HyprModel, owner: Hex, spender: Hex, amount: bigint): void {
  if (spender === ZERO_ADDRESS) revert('ERC20InvalidSpender(address)', word(spender))
  put(model, model.allowances, owner + spender, amount)
  const topics = [topicOf('Approval(address,address,uint256)'), pad(owner), pad(spender)]
  emit(model, model.world.hypr, topics, encodeResult(word(amount)))
}

function spendAllowance(model: HyprModel, owner: Hex, spender: Hex, amount: bigint): void {
  const allowed = allowanceOf(model, owner, spender)
  if (allowed === UNLIMITED) return
  if (allowed < amount) {
    revert('ERC20InsufficientAllowance(address,uint256,uint256)', word(spender), word(allowed), word(amount))
  }
  // Only who exists can have approved; the zero address cannot, even nothing.
  if (owner === ZERO_ADDRESS) revert('ERC20InvalidApprover(address)', word(owner))
  put(model, model.allowances, owner + spender, allowed - amount)
}

function take(model: HyprModel, from: Hex, amount: bigint): void {
  if (from === ZERO_ADDRESS) revert('ERC20InvalidSender(address)', word(from))
  const balance = balanceOf(model, from)
  if (balance < amount) {
    revert('ERC20InsufficientBalance(address,uint256,uint256)', word(from), word(balance), word(amount))
  }
  put(model, model.balances, from, balance - amount)
}

function logTransfer(model: HyprModel, from: Hex, to: Hex, amount: bigint): void {
  const topics = [topicOf('Transfer(address,address,uint256)'), pad(from), pad(to)]
  emit(model, model.world.hypr, topics, encodeResult(word(amount)))
}
