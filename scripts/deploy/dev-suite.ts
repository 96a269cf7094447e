import type { Hex } from 'viem'
import { knownChain } from './known-chains.ts'
import { type CatalogueName, type NetworkPlan, planNetwork } from './network-plan.ts'
import { DEV_CHAIN_ID } from './plan.ts'
import type { DeployStep } from './steps.ts'

/** What else a development chain begins with: where money and votes are. No entries, which are the seed's to mint. */
const NAMES = [
  'Hypr',
  'TokenRegistry',
  'GovernanceHypr',
  'Timelock',
  'Phases',
  'HyperwareGovernor',
  'TypedProposals',
] as const satisfies readonly CatalogueName[]

/**
 * HYPR, its registry, and governance with its roles, as `hyperware deploy` plans them for this owner: what it finds there
 * later is what it would have done. Pure.
 */
export function planDevSuite(owner: Hex): {
  steps: readonly DeployStep[]
  addresses: readonly (readonly [string, Hex])[]
} {
  const { minSecondsPerBlock } = knownChain(DEV_CHAIN_ID)
  const plan = planNetwork({ chainId: DEV_CHAIN_ID, owner, multicall3: true, minSecondsPerBlock })
  const addresses = NAMES.map((name) => [name, addressIn(plan, name)] as const)
  const places = new Set(addresses.map(([, address]) => address))
  return { steps: plan.steps.filter(({ address }) => places.has(address)), addresses }
}

function addressIn({ addresses }: NetworkPlan, name: CatalogueName): Hex {
  const address = addresses[name]
  if (address === undefined) throw new RangeError(`Cannot plan a development chain: no address for ${name}`)
  return address
}
