import { encodeAbiParameters, parseAbiParameters } from 'viem'
import type { Hex } from 'viem'
import { array, byteString, bytes, encodeCall, word } from '../abi.ts'
import { encodeMessage, type Message } from '../messages.ts'
import { encodeTokenMessage, type TokenMessage } from '../token/messages.ts'
import { type AuctionWorld, type Kind, KINDS, type Terms } from './state.ts'

/** A message to auctions, leases, phases, or what they deal with. */
export type AuctionMessage =
  | { fn: 'namespace'; message: Message }
  | { fn: 'hypr'; message: TokenMessage }
  | { fn: 'make'; kind: Kind; terms: Terms }
  | { fn: 'open' | 'cancel' | 'settle' | 'returnLot' | 'removeProposerList' }
  | { fn: 'onERC721Received'; entry: Hex }
  | { fn: 'bid'; amount: bigint; seal: Hex }
  | { fn: 'reveal'; bidder: Hex; amount: bigint; salt: Hex }
  | { fn: 'collect' | 'withdraw' | 'assign' | 'setTreasury' | 'addProposer' | 'removeProposer'; account: Hex }
  | { fn: 'payRent'; periods: bigint }
  | { fn: 'leaseMint'; entry: Hex; to: Hex; label: string }
  | { fn: 'leaseNote'; entry: Hex; label: string; data: Hex }
  | { fn: 'advance'; next: bigint }
  | { fn: 'lookAtAuction'; auction: Hex; kind: Kind; account: Hex }
  | { fn: 'lookAtLease'; lease: Hex; account: Hex }
  | { fn: 'lookAtPhases'; account: Hex }
  | { fn: 'ownerOf'; entry: Hex }

export function encodeAuctionMessage(world: AuctionWorld, message: AuctionMessage): Hex {
  const { fn } = message
  switch (fn) {
    case 'namespace':
      return encodeMessage(message.message, world)
    case 'hypr':
      return encodeTokenMessage(message.message)
    case 'make':
      return encodeCall('make(bytes)', bytes(creationCode(world, message)))
    case 'open':
    case 'cancel':
    case 'settle':
    case 'returnLot':
    case 'removeProposerList':
      return encodeCall(`${fn}()`)
    case 'onERC721Received':
      return encodeCall(
        'onERC721Received(address,address,uint256,bytes)',
        word(world.rootOwner),
        word(world.rootOwner),
        word(message.entry),
        bytes('0x'),
      )
    case 'bid':
      return encodeCall('bid(uint256,bytes32)', word(message.amount), word(message.seal))
    case 'reveal':
      return encodeCall(
        'reveal(address,uint256,bytes32)',
        word(message.bidder),
        word(message.amount),
        word(message.salt),
      )
    case 'collect':
    case 'withdraw':
    case 'assign':
    case 'setTreasury':
    case 'addProposer':
    case 'removeProposer':
      return encodeCall(`${fn}(address)`, word(message.account))
    case 'payRent':
      return encodeCall('payRent(uint256)', word(message.periods))
    case 'leaseMint':
      return encodeCall(
        'mint(bytes32,address,bytes,bytes,address)',
        word(message.entry),
        word(message.to),
        bytes(byteString(message.label)),
        bytes('0x'),
        word(world.implementations.plain),
      )
    case 'leaseNote':
      return encodeCall(
        'note(bytes32,bytes,bytes)',
        word(message.entry),
        bytes(byteString(message.label)),
        bytes(message.data),
      )
    case 'advance':
      return encodeCall('advance(uint8)', word(message.next))
    case 'lookAtAuction':
      return encodeCall(
        'lookAtAuction(address,uint256,address)',
        word(message.auction),
        word(KINDS.indexOf(message.kind)),
        word(message.account),
      )
    case 'lookAtLease':
      return encodeCall('lookAtLease(address,address)', word(message.lease), word(message.account))
    case 'lookAtPhases':
      return encodeCall('lookAtPhases(address,address)', word(world.phases), word(message.account))
    case 'ownerOf':
      return encodeCall('ownerOf(uint256)', word(message.entry))
  }
}

const TERMS = '(address,address,address,address,bytes32[],uint256,uint256)'
const PARAMETERS = {
  english: parseAbiParameters(`${TERMS}, uint256, uint256`),
  dutch: parseAbiParameters(`${TERMS}, uint256`),
  sealed: parseAbiParameters(`${TERMS}, uint256`),
  lease: parseAbiParameters(`${TERMS}, uint256, uint256, uint256, uint256, uint256`),
} as const

function creationCode(world: AuctionWorld, { kind, terms }: { kind: Kind; terms: Terms }): Hex {
  const { hypermap, hypr, phases } = world
  const { returnTo, lot, reserve, duration } = terms
  const common = [hypermap, hypr, phases, returnTo, [...lot], reserve, duration] as const
  const { incrementBps, timeBuffer, startPrice, revealDuration, period, periods, grace } = terms
  const encoded = {
    english: () => encodeAbiParameters(PARAMETERS.english, [common, incrementBps, timeBuffer]),
    dutch: () => encodeAbiParameters(PARAMETERS.dutch, [common, startPrice]),
    sealed: () => encodeAbiParameters(PARAMETERS.sealed, [common, revealDuration]),
    lease: () => encodeAbiParameters(PARAMETERS.lease, [common, incrementBps, timeBuffer, period, periods, grace]),
  }
  return `${world.codes[kind]}${encoded[kind]().slice(2)}`
}

/** A list of words as a dynamic argument. */
export function wordArray(items: readonly Hex[]) {
  return array(items.map((item) => word(item)))
}
