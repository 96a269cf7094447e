import type { Hex } from 'viem'

/** Where ENS is on a chain. */
export type Ens = { registry: Hex; nameWrapper: Hex }

/** What a plan has to know of a chain and cannot ask it. */
export type KnownChain = {
  /** Seconds from one block to the next, at least; see ITokenRegistry. */
  minSecondsPerBlock: number
  ens?: Ens
}

const ENS_REGISTRY: Hex = '0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e'

const KNOWN: Readonly<Record<number, KnownChain>> = {
  1: {
    minSecondsPerBlock: 12,
    ens: { registry: ENS_REGISTRY, nameWrapper: '0xD4416b13d2b3a9aBae7AcD5D6C2BbDBE25686401' },
  },
  11155111: {
    minSecondsPerBlock: 12,
    ens: { registry: ENS_REGISTRY, nameWrapper: '0x0635513f179D50A207757E05759CbD106d7dFcE8' },
  },
  10: { minSecondsPerBlock: 2 },
  8453: { minSecondsPerBlock: 2 },
  84532: { minSecondsPerBlock: 2 },
}

/** Blocks of an unknown chain may come each second; it has no ENS unless told. Pure. */
export function knownChain(chainId: number): KnownChain {
  return KNOWN[chainId] ?? { minSecondsPerBlock: 1 }
}
