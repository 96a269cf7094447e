import type { Hex } from 'viem'
import { encodeCall, word } from '../abi.ts'
import type { Signature } from '../signatures.ts'

type Locking = { amount: bigint; lockDuration: bigint; entry: Hex; registrationDuration: bigint }

/** A message to HYPR, to the registry, to gHYPR, or to the observer of them. Addresses are in lower case. */
export type TokenMessage =
  | { fn: 'transfer' | 'approve'; to: Hex; amount: bigint }
  | { fn: 'transferFrom'; from: Hex; to: Hex; amount: bigint }
  | { fn: 'burn'; amount: bigint }
  | { fn: 'burnFrom'; from: Hex; amount: bigint }
  | ({ fn: 'permit'; owner: Hex; spender: Hex; amount: bigint; deadline: bigint } & Signature)
  | { fn: 'manageLock'; amount: bigint; duration: bigint }
  | { fn: 'withdraw' }
  | { fn: 'transferRegistration'; source: Hex; destination: Hex; amount: bigint; duration: bigint }
  | ({ fn: 'lockAndRegister' } & Locking)
  | ({ fn: 'lockAndRegisterWithPermit' } & Locking & { deadline: bigint } & Signature)
  | { fn: 'settle'; account: Hex; weeks: bigint }
  | { fn: 'initialize'; hypr: Hex; admin: Hex }
  | { fn: 'updateDelegationMultipliers'; end: bigint; value: bigint; from: Hex; to: Hex }
  | { fn: 'setDelegated'; account: Hex; delegated: bigint }
  | { fn: 'delegate'; to: Hex }
  | ({ fn: 'delegateBySig'; to: Hex; nonce: bigint; expiry: bigint } & Signature)
  | { fn: 'lockChanged'; account: Hex }
  | { fn: 'calculateVotingPower'; amount: bigint; duration: bigint }
  | { fn: 'calculateWeightedUnlockStamp'; remaining: bigint; balance: bigint; duration: bigint; amount: bigint }
  | { fn: 'calculateNewLockDuration'; end: bigint; remaining: bigint; balance: bigint; amount: bigint }
  | { fn: 'getPastVotes'; account: Hex; block: bigint }
  | { fn: 'getPastTotalSupply'; block: bigint }
  | { fn: 'timeOf'; block: bigint }
  | { fn: 'delegatedVotesAt'; account: Hex; delegatee: Hex; block: bigint }
  | { fn: 'look'; account: Hex; entry: Hex; past: bigint; votes: bigint }

/** Signature and, in its order, the fields that are arguments; a number stands for itself. */
const METHODS: Readonly<Record<TokenMessage['fn'], readonly [signature: string, ...fields: (string | bigint)[]]>> = {
  transfer: ['transfer(address,uint256)', 'to', 'amount'],
  approve: ['approve(address,uint256)', 'to', 'amount'],
  transferFrom: ['transferFrom(address,address,uint256)', 'from', 'to', 'amount'],
  burn: ['burn(uint256)', 'amount'],
  burnFrom: ['burnFrom(address,uint256)', 'from', 'amount'],
  permit: [
    'permit(address,address,uint256,uint256,uint8,bytes32,bytes32)',
    'owner',
    'spender',
    'amount',
    'deadline',
    'v',
    'r',
    's',
  ],
  manageLock: ['manageLock(uint256,uint256)', 'amount', 'duration'],
  withdraw: ['withdraw()'],
  transferRegistration: [
    'transferRegistration(bytes32,bytes32,uint256,uint256)',
    'source',
    'destination',
    'amount',
    'duration',
  ],
  lockAndRegister: [
    'lockAndRegister(uint256,uint256,bytes32,uint256)',
    'amount',
    'lockDuration',
    'entry',
    'registrationDuration',
  ],
  lockAndRegisterWithPermit: [
    'lockAndRegisterWithPermit(uint256,uint256,bytes32,uint256,(uint256,uint8,bytes32,bytes32))',
    'amount',
    'lockDuration',
    'entry',
    'registrationDuration',
    'deadline',
    'v',
    'r',
    's',
  ],
  settle: ['settle(address,uint256)', 'account', 'weeks'],
  initialize: ['initialize(address,address)', 'hypr', 'admin'],
  updateDelegationMultipliers: [
    'updateDelegationMultipliers(uint256,uint256,address,uint256,address,uint256)',
    'end',
    'value',
    'from',
    0n,
    'to',
    0n,
  ],
  setDelegated: ['setDelegated(address,bool)', 'account', 'delegated'],
  delegate: ['delegate(address)', 'to'],
  delegateBySig: [
    'delegateBySig(address,uint256,uint256,uint8,bytes32,bytes32)',
    'to',
    'nonce',
    'expiry',
    'v',
    'r',
    's',
  ],
  lockChanged: ['lockChanged(address,uint256,uint256,uint256,uint256,bool)', 'account', 0n, 1n, 0n, 1n, 1n],
  calculateVotingPower: ['calculateVotingPower(uint256,uint256)', 'amount', 'duration'],
  calculateWeightedUnlockStamp: [
    'calculateWeightedUnlockStamp(uint256,uint256,uint256,uint256)',
    'remaining',
    'balance',
    'duration',
    'amount',
  ],
  calculateNewLockDuration: [
    'calculateNewLockDuration(uint256,uint256,uint256,uint256)',
    'end',
    'remaining',
    'balance',
    'amount',
  ],
  getPastVotes: ['getPastVotes(address,uint256)', 'account', 'block'],
  getPastTotalSupply: ['getPastTotalSupply(uint256)', 'block'],
  timeOf: ['timeOf(uint256)', 'block'],
  delegatedVotesAt: ['delegatedVotesAt(address,address,uint256)', 'account', 'delegatee', 'block'],
  look: ['look(address,bytes32,uint256,bool)', 'account', 'entry', 'past', 'votes'],
}

export function encodeTokenMessage(message: TokenMessage): Hex {
  const [signature, ...fields] = METHODS[message.fn]
  const values = message as unknown as Readonly<Record<string, bigint | Hex>>
  const words = fields.map((field) => {
    const value = typeof field === 'bigint' ? field : values[field]
    if (value === undefined) throw new Error(`no field ${String(field)} in ${message.fn}, expected one`)
    return word(value)
  })
  return encodeCall(signature, ...words)
}
