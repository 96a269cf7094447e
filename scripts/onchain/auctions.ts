import { dutchAuctionAbi, englishAuctionAbi, leaseAuctionAbi, sealedAuctionAbi } from '@hyperware/deployments/abi'
import {
  dutchAuctionBytecode,
  englishAuctionBytecode,
  leaseAuctionBytecode,
  sealedAuctionBytecode,
} from '@hyperware/deployments/bytecode'
import { childNamehash, type Namehash, ROOT_NAMEHASH } from '@hyperware/protocol'
import { encodeDeployData, type Hex } from 'viem'

/** What distinguishes the kinds of auction. Amounts in base units of HYPR, times in seconds. */
export type AuctionKind =
  | { kind: 'english'; incrementBps: number; timeBufferSeconds: number }
  | { kind: 'dutch'; startPrice: bigint }
  | { kind: 'sealed'; revealSeconds: number }
  | {
      kind: 'lease'
      incrementBps: number
      timeBufferSeconds: number
      periodSeconds: number
      periods: number
      graceSeconds: number
    }

/** What every auction has: which contracts it works with, and for what it sells the zones how long. */
export type AuctionTerms = {
  hypermap: Hex
  hypr: Hex
  phases: Hex
  /** Gets unsold zones, and may cancel before the opening: governance takes the timelock only. */
  timelock: Hex
  lot: readonly Namehash[]
  reserve: bigint
  durationSeconds: number
}

/** The lot of an auction of top-level zones: their namehashes, ascending, as auctions and proposals want them. Pure. */
export function lotOf(labels: readonly string[]): readonly Namehash[] {
  return labels.map((label) => childNamehash(ROOT_NAMEHASH, label)).toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))
}

/** Creation code of an auction, its terms included. One contract is one auction. Pure. */
export function encodeAuction(terms: AuctionTerms, kind: AuctionKind): Hex {
  const { hypermap, hypr, phases, timelock, lot, reserve, durationSeconds } = terms
  const duration = BigInt(durationSeconds)
  const common = { hypermap, token: hypr, phases, returnTo: timelock, lot, reserve, duration } as const
  switch (kind.kind) {
    case 'english': {
      const args = [common, BigInt(kind.incrementBps), BigInt(kind.timeBufferSeconds)] as const
      return encodeDeployData({ abi: englishAuctionAbi, bytecode: englishAuctionBytecode, args })
    }
    case 'dutch': {
      const args = [common, kind.startPrice] as const
      return encodeDeployData({ abi: dutchAuctionAbi, bytecode: dutchAuctionBytecode, args })
    }
    case 'sealed': {
      const args = [common, BigInt(kind.revealSeconds)] as const
      return encodeDeployData({ abi: sealedAuctionAbi, bytecode: sealedAuctionBytecode, args })
    }
    case 'lease': {
      const rising = [BigInt(kind.incrementBps), BigInt(kind.timeBufferSeconds)] as const
      const lease = [BigInt(kind.periodSeconds), BigInt(kind.periods), BigInt(kind.graceSeconds)] as const
      const args = [common, ...rising, ...lease] as const
      return encodeDeployData({ abi: leaseAuctionAbi, bytecode: leaseAuctionBytecode, args })
    }
  }
}
