import {
  encodeAbiParameters,
  encodeFunctionData,
  hexToBigInt,
  hexToBytes,
  hexToNumber,
  keccak256,
  pad,
  parseAbiParameters,
  parseEventLogs,
  size,
  slice,
} from 'viem'
import type { Address, Hex, TransactionReceipt } from 'viem'
import { compileBeside, published } from './compile.ts'
import { type Contract, deployer, type LocalChain, type Sending } from './local-chain.ts'

/** LayerZero on one chain: its endpoint, and the message library of its networks, ULN 302. */
export type LayerZero = {
  chain: LocalChain
  eid: number
  endpoint: Contract
  sendLibrary: Contract
  receiveLibrary: Contract
}

/** A message on its way, as the endpoint of the sending chain announced it. */
export type Packet = {
  origin: Origin
  header: Hex
  payloadHash: Hex
  receiver: Address
  guid: Hex
  message: Hex
  gas: bigint
}

type Origin = { srcEid: number; sender: Hex; nonce: bigint }

const CONFIRMATIONS = 3n
const MAX_MESSAGE_BYTES = 10_000
const HEADER_BYTES = 81
const ULN_CONFIG_TYPE = 2
const ULN_CONFIG = parseAbiParameters([
  '(uint64 confirmations, uint8 requiredDVNCount, uint8 optionalDVNCount, uint8 optionalDVNThreshold, address[] requiredDVNs, address[] optionalDVNs)',
])

/**
 * Puts the published contracts on a chain. Fees and jobs go to `Workers`; on the receiving side the one verifier (DVN)
 * that is required is the deployer, whose work `verify` does.
 */
export async function deployLayerZero(chain: LocalChain, eid: number, otherEid: number): Promise<LayerZero> {
  const endpoint = await chain.deploy(
    published('lz-evm-protocol-v2', 'EndpointV2.sol/EndpointV2'),
    eid,
    deployer.address,
  )
  const library = (name: string) => published('lz-evm-messagelib-v2', `uln/uln302/${name}.sol/${name}`)
  const sendLibrary = await chain.deploy(library('SendUln302'), endpoint.address, 0n, 0n)
  const receiveLibrary = await chain.deploy(library('ReceiveUln302'), endpoint.address)
  const workers = await chain.deploy(compileBeside('Workers.sol', 'Workers'))

  const executor = { maxMessageSize: MAX_MESSAGE_BYTES, executor: workers.address }
  await chain.write(sendLibrary, 'setDefaultExecutorConfigs', [[{ eid: otherEid, config: executor }]])
  await chain.write(sendLibrary, 'setDefaultUlnConfigs', [[{ eid: otherEid, config: verifiedBy(workers.address) }]])
  await chain.write(receiveLibrary, 'setDefaultUlnConfigs', [[{ eid: otherEid, config: verifiedBy(deployer.address) }]])
  await chain.write(endpoint, 'registerLibrary', [sendLibrary.address])
  await chain.write(endpoint, 'registerLibrary', [receiveLibrary.address])
  await chain.write(endpoint, 'setDefaultSendLibrary', [otherEid, sendLibrary.address])
  await chain.write(endpoint, 'setDefaultReceiveLibrary', [otherEid, receiveLibrary.address, 0n])
  return { chain, eid, endpoint, sendLibrary, receiveLibrary }
}

/** Holds a sender to the library that it has, whatever LayerZero makes the default later. */
export async function pinSender({ chain, endpoint, sendLibrary }: LayerZero, sender: Contract, otherEid: number) {
  await chain.write(endpoint, 'setSendLibrary', [sender.address, otherEid, sendLibrary.address])
}

/** The same for a receiver, and its verifier. */
export async function pinReceiver(layerZero: LayerZero, receiver: Contract, otherEid: number) {
  const { chain, endpoint, receiveLibrary } = layerZero
  const config = encodeAbiParameters(ULN_CONFIG, [verifiedBy(deployer.address)])
  const params = [{ eid: otherEid, configType: ULN_CONFIG_TYPE, config }]
  await chain.write(endpoint, 'setReceiveLibrary', [receiver.address, otherEid, receiveLibrary.address, 0n])
  await chain.write(endpoint, 'setConfig', [receiver.address, receiveLibrary.address, params])
}

/** What LayerZero may do at any time: has somebody else verify for all who did not choose. */
export async function changeDefaultVerifier({ chain, receiveLibrary }: LayerZero, otherEid: number, dvn: Address) {
  await chain.write(receiveLibrary, 'setDefaultUlnConfigs', [[{ eid: otherEid, config: verifiedBy(dvn) }]])
}

function verifiedBy(dvn: Address) {
  return {
    confirmations: CONFIRMATIONS,
    requiredDVNCount: 1,
    optionalDVNCount: 0,
    optionalDVNThreshold: 0,
    requiredDVNs: [dvn],
    optionalDVNs: [],
  }
}

/** The one packet that a transaction sent. */
export function packetOf({ endpoint }: LayerZero, receipt: TransactionReceipt): Packet {
  const [sent, ...others] = parseEventLogs({ abi: endpoint.abi, logs: receipt.logs, eventName: 'PacketSent' })
  if (sent === undefined || others.length > 0) throw new Error('expected one packet in the transaction')
  const { encodedPayload, options } = sent.args as unknown as { encodedPayload: Hex; options: Hex }
  const at = (from: number, to?: number) => slice(encodedPayload, from, to)
  return {
    origin: { srcEid: hexToNumber(at(9, 13)), sender: at(13, 45), nonce: hexToBigInt(at(1, 9)) },
    header: at(0, HEADER_BYTES),
    payloadHash: keccak256(at(HEADER_BYTES)),
    receiver: at(61, HEADER_BYTES),
    guid: at(HEADER_BYTES, 113),
    message: at(113),
    gas: gasOf(options),
  }
}

/** Options of type 3 with one option for the executor: two bytes of type, worker 1, length 17, kind 1, then the gas. */
export function gasOptions(gas: bigint): Hex {
  return `0x00030100110100${gas.toString(16).padStart(30, '0')}`
}

function gasOf(options: Hex): bigint {
  if (size(options) !== 22) throw new Error(`cannot read options ${options}: expected 22 bytes`)
  return hexToBigInt(slice(options, 6))
}

/** What verifiers do: the one that is required signs, or somebody else, and anybody has the endpoint take note. */
export async function verify(to: LayerZero, packet: Packet, from = deployer): Promise<void> {
  await to.chain.write(to.receiveLibrary, 'verify', [packet.header, packet.payloadHash, CONFIRMATIONS], { from })
  await commit(to, packet)
}

/** Has the endpoint take note of a packet that verifiers have signed. */
export async function commit(to: LayerZero, { header, payloadHash }: Packet): Promise<void> {
  await to.chain.write(to.receiveLibrary, 'commitVerification', [header, payloadHash])
}

/** What an executor does: delivers with the gas that was paid for, whatever comes of it. */
export function execute(to: LayerZero, packet: Packet, sending: Sending = {}): Promise<TransactionReceipt> {
  const args = [packet.origin, packet.receiver, packet.guid, packet.message, '0x'] as const
  const data = encodeFunctionData({ abi: to.endpoint.abi, functionName: 'lzReceive', args })
  return to.chain.attempt(to.endpoint, 'lzReceive', args, { gas: packet.gas + intrinsicGas(data), ...sending })
}

/** What a transaction costs before anything runs. */
function intrinsicGas(data: Hex): bigint {
  return hexToBytes(data).reduce((gas, byte) => gas + (byte === 0 ? 4n : 16n), 21_000n)
}

/** Verifies and delivers. */
export async function relay(to: LayerZero, packet: Packet): Promise<TransactionReceipt> {
  await verify(to, packet)
  return execute(to, packet)
}

/** An address as LayerZero writes it, so that those of other kinds of chains fit. */
export function toPeer(address: Address): Hex {
  return pad(address, { size: 32 })
}
