import { concatHex, keccak256 } from 'viem'
import type { Hex } from 'viem'
import { type DevClient, sendAndWait } from './client.ts'
import { CREATE2_DEPLOYER, SALT } from './create2.ts'
import { DeployError } from './errors.ts'
import type { Placement } from './plan.ts'

/** Puts one contract in its place unless it is there already. Throws `DeployError` when other code is. */
export async function place(client: DevClient, placement: Placement): Promise<'present' | 'deployed'> {
  const { address } = placement
  const [expected, actual] = await Promise.all([expectedCode(client, placement), codeAt(client, address)])
  if (actual === expected) return 'present'
  if (actual !== '0x') throw codeDiffers(placement, { actual, expected })
  if (placement.kind === 'create2') {
    const data = concatHex([SALT, placement.creationCode])
    await sendAndWait(client, { step: `deploy ${placement.contract}`, to: CREATE2_DEPLOYER, data })
  } else {
    await client.setCode({ address, bytecode: expected })
  }
  const placed = await codeAt(client, address)
  if (placed !== expected) throw codeDiffers(placement, { actual: placed, expected })
  return 'deployed'
}

/**
 * The runtime code the contract has at its address. Constructors write immutables, their own address among them, into it:
 * so run the constructor there, in a call that leaves nothing behind.
 */
async function expectedCode(client: DevClient, placement: Placement): Promise<Hex> {
  if (placement.kind === 'code') return placement.code
  const { address, creationCode } = placement
  const { data } = await client.call({ to: address, stateOverride: [{ address, code: creationCode }] })
  return data ?? '0x'
}

async function codeAt(client: DevClient, address: Hex): Promise<Hex> {
  return (await client.getCode({ address })) ?? '0x'
}

function codeDiffers({ contract, address }: Placement, code: { actual: Hex; expected: Hex }): DeployError {
  const actualHash = keccak256(code.actual)
  const expectedHash = keccak256(code.expected)
  return new DeployError(
    { code: 'code-differs', contract, address, actualHash, expectedHash },
    `Cannot deploy ${contract} at ${address}: the code there hashes to ${actualHash}, expected ${expectedHash}`,
    { hint: 'the chain was begun with another version of the contracts: begin a new one with --fresh' },
  )
}
