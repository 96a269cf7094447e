import { hyperAccountAbi, hyperAccountMinterAbi, hypermapAbi } from '@hyperware/deployments/abi'
import { parseAbi } from 'viem'
import type { Hex } from 'viem'
import type { Area } from './area.ts'
import type { Chain } from './chain.ts'
import { runGenerated, runGiven } from './compare.ts'
import { describeStep, type Step } from './messages.ts'
import { accountPath, entryPath, type World, ZERO_ADDRESS } from './world.ts'

export const namespaceAbi = [
  ...hypermapAbi,
  ...hyperAccountAbi,
  ...hyperAccountMinterAbi,
  ...parseAbi([
    'error NotHypermapCaller(address caller)',
    'error FailedCall()',
    'error Error(string)',
    'event ERC6551AccountCreated(address account, address indexed implementation, bytes32 salt, uint256 chainId, address indexed tokenContract, uint256 indexed tokenId)',
  ]),
]

/** Hypermap and the accounts of its entries. */
export function namespaceArea(chain: Chain): Area<Step> {
  const nameOf = (value: Hex) => nameIn(chain.world, value)
  return {
    name: 'namespace',
    // Enough for deep trees of names and owners, few enough to shrink quickly.
    sequenceLength: 400,
    runGenerated: (seed, length) => runGenerated(chain, seed, length),
    runGiven: (steps) => runGiven(chain, steps),
    words: { abi: namespaceAbi, nameOf, describeStep: (step) => describeStep(step, nameOf) },
    close: chain.close,
  }
}

/** What stands for an address or a namehash in a report. */
export function nameIn(world: World, value: Hex): string {
  if (value === ZERO_ADDRESS) return 'zero'
  for (const [role, known] of Object.entries({ ...world, ...world.implementations })) {
    if (known === value) return role
    const at = Array.isArray(known) ? known.indexOf(value) : -1
    if (at !== -1) return `${role}[${at}]`
  }
  const path = entryPath(value)
  if (path !== undefined) return `<${path}>`
  const account = accountPath(value)
  return account === undefined ? value : `account<${account}>`
}
