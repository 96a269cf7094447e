import { erc6551RegistryAbi } from '@hyperware/deployments/abi'
import { ROOT_NAMEHASH, tokenBoundAccount } from '@hyperware/protocol'
import { BaseError, ExecutionRevertedError } from 'viem'
import type { Hex } from 'viem'
import { codeAt, type Connection, type Reading } from './connection.ts'
import { CREATE2_DEPLOYER, CREATE2_DEPLOYER_BIRTH, CREATE2_DEPLOYER_CODE } from './create2.ts'
import { DeployError } from './errors.ts'
import { type Ens, knownChain } from './known-chains.ts'
import type { PlanInput } from './network-plan.ts'
import { CANONICAL, DEV_CHAIN_ID } from './plan.ts'
import type { DeployStep } from './steps.ts'

/** Salt with which ERC-6551 has its registry deployed everywhere. */
const REGISTRY_SALT = '0x0000000000000000000000000000000000000000fd8eb4e1dca713016c518e31'

/** Looks at a chain for what a plan depends on. `ens` is for chains whose ENS is not known here. */
export async function surveyChain(connection: Connection, ens?: Ens): Promise<PlanInput> {
  const { chainId, signer } = connection
  const known = knownChain(chainId)
  const offered = ens ?? known.ens
  if (offered !== undefined) {
    for (const [contract, address] of Object.entries({
      'ENS registry': offered.registry,
      'ENS name wrapper': offered.nameWrapper,
    }))
      if ((await codeAt(connection, address)) === '0x') {
        throw missing(connection, {
          contract,
          address,
          hint: 'name the ENS contracts of this chain, or leave them out',
        })
      }
  }
  const multicall3 = (await codeAt(connection, CANONICAL.Multicall3)) !== '0x'
  return { chainId, owner: signer.address, multicall3, minSecondsPerBlock: known.minSecondsPerBlock, ens: offered }
}

/**
 * Makes sure of what no plan can bring along: the two contracts that have the same address on every chain, and, on a
 * development chain, the namespace that it is begun with.
 *
 * @throws DeployError `prerequisite-missing` with how to get it, `code-differs`, `state-differs`.
 */
export async function requirePrerequisites(connection: Connection): Promise<void> {
  await requireCreate2Deployer(connection)
  await requireRegistry(connection)
  if (connection.chainId !== DEV_CHAIN_ID) return
  if ((await codeAt(connection, CANONICAL.Hypermap)) !== '0x') return
  throw missing(connection, {
    contract: 'Hypermap',
    address: CANONICAL.Hypermap,
    hint: 'a development chain is begun with it: run "hyperware start" or "hyperware chain run", and deploy to that',
  })
}

async function requireCreate2Deployer(connection: Connection): Promise<void> {
  const address = CREATE2_DEPLOYER
  const code = await codeAt(connection, address)
  if (code === CREATE2_DEPLOYER_CODE) return
  if (code === '0x') {
    const { signer, transaction } = CREATE2_DEPLOYER_BIRTH
    throw missing(connection, {
      contract: 'the deterministic deployer',
      address,
      hint: `send 0.01 ETH to ${signer}, then ${transaction} with eth_sendRawTransaction; chains that refuse transactions without a chain id cannot be deployed to`,
    })
  }
  throw stateDiffers('the deterministic deployer', { field: 'code', actual: code, expected: CREATE2_DEPLOYER_CODE })
}

/** Its code differs between compilers, so what counts is the account that it computes. */
async function requireRegistry(connection: Connection): Promise<void> {
  const address = CANONICAL.Erc6551Registry
  if ((await codeAt(connection, address)) === '0x') {
    throw missing(connection, {
      contract: 'the ERC-6551 registry',
      address,
      hint: `anybody can put it there: send ${CREATE2_DEPLOYER} the call data printed in ERC-6551, which begins with the salt ${REGISTRY_SALT}`,
    })
  }
  const { chainId } = connection
  const [hypermap, dispatcher] = [CANONICAL.Hypermap, CANONICAL.HyperAccount]
  const expected = tokenBoundAccount({ hypermap, dispatcher, chainId, entry: ROOT_NAMEHASH })
  const args = [dispatcher, ROOT_NAMEHASH, BigInt(chainId), hypermap, 0n] as const
  const actual = await connection.reader
    .readContract({ address, abi: erc6551RegistryAbi, functionName: 'account', args })
    .catch(() => 'no answer')
  if (actual !== expected) throw stateDiffers('the ERC-6551 registry', { field: 'account', actual, expected })
}

/** Whether a step needs no doing any more. */
export async function isDone({ reader }: Reading, { address, done }: DeployStep): Promise<boolean> {
  if (done.kind === 'code') return (await codeAt({ reader }, address)) !== '0x'
  try {
    const { data } = await reader.call({ to: done.to, data: done.data })
    return data === done.expected
  } catch (error) {
    if (error instanceof BaseError && error.walk((inner) => inner instanceof ExecutionRevertedError) !== null)
      return false
    throw error
  }
}

/** The steps that are left, in their order. */
export async function findMissing(connection: Reading, steps: readonly DeployStep[]): Promise<readonly DeployStep[]> {
  const done = await Promise.all(steps.map((step) => isDone(connection, step)))
  return steps.filter((_, index) => done[index] === false)
}

function missing(
  { chainId, rpcUrl }: Connection,
  { contract, address, hint }: { contract: string; address: Hex; hint: string },
): DeployError {
  return new DeployError(
    { code: 'prerequisite-missing', contract, address, chainId },
    `Cannot deploy to ${rpcUrl}: chain ${chainId} has no code at ${address}, expected ${contract}`,
    { hint },
  )
}

function stateDiffers(contract: string, found: { field: string; actual: string; expected: string }): DeployError {
  return new DeployError(
    { code: 'state-differs', contract, ...found },
    `Cannot deploy: ${found.field} of ${contract} is "${found.actual}", expected "${found.expected}"`,
    { hint: 'this chain does not keep addresses that other EVM chains agree on; deploy to another one' },
  )
}
