import { hyprBytecode, tokenRegistryBytecode } from '@hyperware/deployments/bytecode'
import { concatHex, getContractAddress, toHex } from 'viem'
import type { Hex } from 'viem'
import { word } from './create2.ts'
import type { Add } from './steps.ts'

export type TokenAddresses = Record<'Hypr' | 'TokenRegistry' | 'GovernanceHypr', Hex>

/** HYPR, whose whole supply the owner gets, and its registry, which makes the votes token. Pure, but for the list. */
export function addToken(
  { owner, hypermap, minSecondsPerBlock }: { owner: Hex; hypermap: Hex; minSecondsPerBlock: number },
  add: Add,
): TokenAddresses {
  const Hypr = add('Hypr', hyprBytecode, word(owner))
  const TokenRegistry = add(
    'TokenRegistry',
    tokenRegistryBytecode,
    concatHex([word(hypermap), word(Hypr), toHex(minSecondsPerBlock, { size: 32 })]),
  )
  // Made by the registry's constructor, as its first contract.
  return { Hypr, TokenRegistry, GovernanceHypr: getContractAddress({ from: TokenRegistry, nonce: 1n }) }
}
