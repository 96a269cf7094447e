import { deploymentOf } from '@hyperware/deployments'
import { hypermapAbi } from '@hyperware/deployments/abi'
import { encodeFunctionData, getAddress, pad, slice, zeroAddress, zeroHash } from 'viem'
import type { Hex } from 'viem'
import { createDevClient, DEV_ADMIN_KEY, type DevClient, sendAndWait } from './client.ts'
import { planDevSuite } from './dev-suite.ts'
import { DeployError } from './errors.ts'
import { place } from './place.ts'
import { DEV_CHAIN_ID, IMPLEMENTATION_SLOT, planDevChain } from './plan.ts'
import type { DeployStep } from './steps.ts'
import { findMissing } from './survey.ts'

/** `present` was there before, `deployed` is new, `verified` was compared with what it should be. */
export type StepState = 'present' | 'deployed' | 'verified'

export type Report = (step: string, state: StepState) => void

export type DeployOptions = {
  rpcUrl: string
  /** Owner of the root entry and holder of the right to upgrade; by default the chain's first account. */
  adminKey?: Hex
  /** Called after each step. */
  report?: Report
}

export type Deployed = { chainId: number; hypermap: Hex; rootTba: Hex; admin: Hex }

/**
 * Brings all contracts onto a development chain. May be run again at any time, also after dying half-way: each step looks
 * first, and does only what is missing. Throws `DeployError` when the chain is another one, or holds other code.
 */
export async function deploySteps({ rpcUrl, adminKey = DEV_ADMIN_KEY, report }: DeployOptions): Promise<Deployed> {
  return deployWith(createDevClient(rpcUrl, adminKey), rpcUrl, report)
}

/** As `deploySteps`, over a client made elsewhere; `rpcUrl` is for messages only. */
export async function deployWith(client: DevClient, rpcUrl: string, report: Report = () => {}): Promise<Deployed> {
  await requireDevChain(client, rpcUrl)
  for (const placement of planDevChain()) {
    report(placement.contract, await place(client, placement))
  }
  report('Hypermap proxy', await pointProxy(client))
  report('Hypermap root', await initialize(client))
  await deploySuite(client, report)
  const deployed = await verify(client)
  report('Deployment', 'verified')
  return deployed
}

/** Addresses follow from the code, and the owner signs, so what is there is what is meant. */
async function deploySuite(client: DevClient, report: Report): Promise<void> {
  const { steps } = planDevSuite(client.account.address)
  const missing = new Set<DeployStep>(await findMissing({ reader: client }, steps))
  for (const step of steps) {
    if (missing.has(step)) await sendAndWait(client, { step: `deploy ${step.id}`, ...step.transaction })
    report(step.id, missing.has(step) ? 'deployed' : 'present')
  }
}

async function requireDevChain(client: DevClient, rpcUrl: string): Promise<void> {
  const chainId = await client.getChainId()
  if (chainId === DEV_CHAIN_ID) return
  throw new DeployError(
    { code: 'wrong-chain', rpcUrl, chainId, expected: DEV_CHAIN_ID },
    `Cannot deploy to ${rpcUrl}: it is chain ${chainId}, expected the development chain ${DEV_CHAIN_ID}`,
    { hint: 'only on a development chain can contracts be put at the addresses that live clients know' },
  )
}

async function pointProxy(client: DevClient): Promise<StepState> {
  const { Hypermap, HypermapImplementation } = deploymentOf(DEV_CHAIN_ID).contracts
  const current = await implementationOf(client, Hypermap.address)
  if (current === HypermapImplementation.address) return 'present'
  if (current !== zeroAddress) {
    throw stateDiffers('implementation', { actual: current, expected: HypermapImplementation.address })
  }
  const value = pad(HypermapImplementation.address, { size: 32 })
  await client.setStorageAt({ address: Hypermap.address, index: IMPLEMENTATION_SLOT, value })
  return 'deployed'
}

async function initialize(client: DevClient): Promise<StepState> {
  const { address } = deploymentOf(DEV_CHAIN_ID).contracts.Hypermap
  if ((await rootTba(client)) !== zeroAddress) return 'present'
  const data = encodeFunctionData({ abi: hypermapAbi, functionName: 'initialize', args: [client.account.address] })
  await sendAndWait(client, { step: 'initialize Hypermap', to: address, data })
  return 'deployed'
}

/** Compares what is on the chain with the catalogue and with what `initialize` promises. */
async function verify(client: DevClient): Promise<Deployed> {
  const { contracts, chainId } = deploymentOf(DEV_CHAIN_ID)
  const hypermap = { address: contracts.Hypermap.address, abi: hypermapAbi } as const
  const admin = client.account.address
  const timelock = contracts.Timelock?.address ?? zeroAddress
  const [dispatcher, isAdmin, isHandedOver, name] = await Promise.all([
    client.readContract({ ...hypermap, functionName: 'ACCOUNT_DISPATCHER' }),
    client.readContract({ ...hypermap, functionName: 'hasRole', args: [zeroHash, admin] }),
    client.readContract({ ...hypermap, functionName: 'hasRole', args: [zeroHash, timelock] }),
    client.readContract({ ...hypermap, functionName: 'name' }),
  ])
  const expectations: [field: string, actual: string, expected: string][] = [
    ['name', name, 'Hypermap'],
    ['account dispatcher', dispatcher, contracts.AccountDispatcher?.address ?? zeroAddress],
    [
      'implementation',
      await implementationOf(client, contracts.Hypermap.address),
      contracts.HypermapImplementation.address,
    ],
    [`admin role of ${admin}, or of the timelock`, String(isAdmin || isHandedOver), 'true'],
  ]
  for (const [field, actual, expected] of expectations) {
    if (actual !== expected) throw stateDiffers(field, { actual, expected })
  }
  return { chainId, hypermap: hypermap.address, rootTba: await rootTba(client), admin }
}

async function rootTba(client: DevClient): Promise<Hex> {
  const { address } = deploymentOf(DEV_CHAIN_ID).contracts.Hypermap
  return client.readContract({ address, abi: hypermapAbi, functionName: 'tbaOf', args: [zeroHash] })
}

async function implementationOf(client: DevClient, proxy: Hex): Promise<Hex> {
  const word = await client.getStorageAt({ address: proxy, slot: IMPLEMENTATION_SLOT })
  return getAddress(slice(pad(word ?? '0x', { size: 32 }), 12))
}

function stateDiffers(field: string, { actual, expected }: { actual: string; expected: string }): DeployError {
  return new DeployError(
    { code: 'state-differs', contract: 'Hypermap', field, actual, expected },
    `Cannot use the deployment: ${field} of Hypermap is "${actual}", expected "${expected}"`,
    { hint: 'the chain was begun with another version of the contracts: begin a new one with --fresh' },
  )
}
