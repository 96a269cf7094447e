import type { Hex } from 'viem'
import { array, byteString, bytes, encodeCall, tuple, word } from './abi.ts'

/** A message to some contract. Labels are strings whose characters are bytes; addresses are in lower case. */
export type Message =
  | { fn: 'mint'; to: Hex; label: string; init: Message | undefined; implementation: Hex }
  | { fn: 'note' | 'fact'; label: string; data: Hex }
  | { fn: 'gene'; gene: Hex }
  | { fn: 'transferFrom' | 'safeTransferFrom' | 'safeTransferFromWithData'; from: Hex; to: Hex; id: Hex }
  | { fn: 'approve'; to: Hex; id: Hex }
  | { fn: 'setApprovalForAll'; operator: Hex; approved: boolean }
  | { fn: 'execute'; call: Call; operation: number; gasLimit?: number }
  | { fn: 'executeCall'; call: Call }
  | { fn: 'executeBatch'; calls: readonly Call[] }
  | { fn: 'aggregate3'; calls: readonly (Call & { allowFailure: boolean })[] }
  | { fn: 'initialize' }
  | { fn: 'upgradeToAndCall'; implementation: Hex; init: Message | undefined }
  | { fn: 'createAccount'; entry: Hex }
  | { fn: 'get' | 'map' | 'tbaOf' | 'ownerOf' | 'getApproved' | 'tokenURI'; entry: Hex }
  | { fn: 'balanceOf'; owner: Hex }
  | { fn: 'isApprovedForAll'; owner: Hex; operator: Hex }
  | { fn: 'state' }
  | { fn: 'isOperator'; signer: Hex }

export type Call = { target: Hex; message: Message }

/** One call of a test: an actor sends a message. */
export type Step = Call & { actor: Hex }

export type Namespace = { hypermap: Hex; dispatcher: Hex; chainId: number }

/** Call data of a message. `namespace` is what `createAccount` names. */
export function encodeMessage(message: Message, namespace: Namespace): Hex {
  const callData = (call: Call) => bytes(encodeMessage(call.message, namespace))
  switch (message.fn) {
    case 'mint':
      return encodeCall(
        'mint(address,bytes,bytes,address)',
        word(message.to),
        bytes(byteString(message.label)),
        bytes(message.init === undefined ? '0x' : encodeMessage(message.init, namespace)),
        word(message.implementation),
      )
    case 'note':
    case 'fact':
      return encodeCall(`${message.fn}(bytes,bytes)`, bytes(byteString(message.label)), bytes(message.data))
    case 'gene':
      return encodeCall('gene(address)', word(message.gene))
    case 'transferFrom':
    case 'safeTransferFrom':
      return encodeCall(
        `${message.fn}(address,address,uint256)`,
        word(message.from),
        word(message.to),
        word(message.id),
      )
    case 'safeTransferFromWithData':
      return encodeCall(
        'safeTransferFrom(address,address,uint256,bytes)',
        word(message.from),
        word(message.to),
        word(message.id),
        bytes('0xda7a'),
      )
    case 'approve':
      return encodeCall('approve(address,uint256)', word(message.to), word(message.id))
    case 'setApprovalForAll':
      return encodeCall('setApprovalForAll(address,bool)', word(message.operator), word(message.approved))
    case 'execute': {
      const { call, operation, gasLimit } = message
      const parts = [word(call.target), word(0), callData(call), word(operation)]
      if (gasLimit === undefined) return encodeCall('execute(address,uint256,bytes,uint8)', ...parts)
      return encodeCall('execute(address,uint256,bytes,uint8,uint256)', ...parts, word(gasLimit))
    }
    case 'executeCall':
      return encodeCall('execute(address,uint256,bytes)', word(message.call.target), word(0), callData(message.call))
    case 'executeBatch':
      return encodeCall(
        'executeBatch((address,uint256,bytes)[])',
        array(message.calls.map((call) => tuple([word(call.target), word(0), callData(call)]))),
      )
    case 'aggregate3':
      return encodeCall(
        'aggregate3((address,bool,bytes)[])',
        array(message.calls.map((call) => tuple([word(call.target), word(call.allowFailure), callData(call)]))),
      )
    case 'initialize':
      return encodeCall('initialize()')
    case 'upgradeToAndCall':
      return encodeCall(
        'upgradeToAndCall(address,bytes)',
        word(message.implementation),
        bytes(message.init === undefined ? '0x' : encodeMessage(message.init, namespace)),
      )
    case 'createAccount':
      return encodeCall(
        'createAccount(address,bytes32,uint256,address,uint256)',
        word(namespace.dispatcher),
        word(message.entry),
        word(namespace.chainId),
        word(namespace.hypermap),
        word(message.entry),
      )
    case 'get':
    case 'map':
    case 'tbaOf':
      return encodeCall(`${message.fn}(bytes32)`, word(message.entry))
    case 'ownerOf':
    case 'getApproved':
    case 'tokenURI':
      return encodeCall(`${message.fn}(uint256)`, word(message.entry))
    case 'balanceOf':
      return encodeCall('balanceOf(address)', word(message.owner))
    case 'isApprovedForAll':
      return encodeCall('isApprovedForAll(address,address)', word(message.owner), word(message.operator))
    case 'state':
      return encodeCall('state()')
    case 'isOperator':
      return encodeCall('isOperator(address)', word(message.signer))
  }
}

/** A call in words, with `nameOf` for addresses and namehashes that have one. */
export function describeStep(step: Step, nameOf: (value: Hex) => string): string {
  return `${nameOf(step.actor)} -> ${describeCall(step, nameOf)}`
}

function describeCall(call: Call, nameOf: (value: Hex) => string): string {
  return `${nameOf(call.target)}.${describeMessage(call.message, nameOf)}`
}

function describeMessage(message: Message, nameOf: (value: Hex) => string): string {
  const { fn, ...rest } = message
  const parts = Object.entries(rest).map(([field, value]) => `${field}: ${describeValue(value, nameOf)}`)
  return `${fn}(${parts.join(', ')})`
}

function describeValue(value: unknown, nameOf: (value: Hex) => string): string {
  if (typeof value === 'string') return value.startsWith('0x') ? nameOf(value as Hex) : JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => describeValue(item, nameOf)).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    if ('target' in value) return describeCall(value as Call, nameOf)
    if ('fn' in value) return describeMessage(value as Message, nameOf)
  }
  return String(value)
}
