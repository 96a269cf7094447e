import { setTimeout as sleep } from 'node:timers/promises'
import { BaseError, encodeFunctionData, type Hex, type LocalAccount } from 'viem'
import { osMinterAbi } from '@hyperware/deployments/abi'
import { bytesToHex, utf8ToBytes, type Name } from '@hyperware/protocol'
import { CommandError } from '../errors.ts'
import type { ChainClient } from './client.ts'
import { decodeRevert } from './contract-errors.ts'
import {
  encodeExecute,
  encodeMint,
  encodeWrites,
  getEntry,
  hypermapOf,
  splitLabel,
  type LabelledData,
} from './entries.ts'
import { transact, type Receipt } from './transact.ts'

export type MintRequest = { signer: LocalAccount; name: Name; to: Hex; writes: readonly LabelledData[] }

/** When a commitment may be used, in the chain's own seconds since 1970. */
export type Commitment = { minter: Hex; usableAt: number; expiresAt: number }

/** Mints as the owner of the parent, through the parent's account: no rule of the zone applies. */
export async function mintAsOwner(client: ChainClient, request: MintRequest): Promise<Receipt> {
  const parent = await getEntry(client, splitLabel(request.name).parent)
  const data = encodeExecute(hypermapOf(client), encodeMint(client, request))
  return await transact(client, { signer: request.signer, to: parent.tba, data, doing: `mint "${request.name}"` })
}

/** Mints through the parent's account as anybody may, if it is a minter whose rules are met. */
export async function mintThroughZone(client: ChainClient, request: MintRequest): Promise<Receipt> {
  const parent = await getEntry(client, splitLabel(request.name).parent)
  const data = encodeMint(client, request)
  return await transact(client, { signer: request.signer, to: parent.tba, data, doing: `mint "${request.name}"` })
}

async function readAges(client: ChainClient, minter: Hex): Promise<{ min: number; max: number } | undefined> {
  const at = { address: minter, abi: osMinterAbi } as const
  try {
    const [min, max] = await Promise.all([
      client.reader.readContract({ ...at, functionName: 'minCommitAge' }),
      client.reader.readContract({ ...at, functionName: 'maxCommitAge' }),
    ])
    return { min: Number(min), max: Number(max) }
  } catch (error) {
    if (error instanceof BaseError) return undefined // an account that knows no commitments
    throw error
  }
}

/** The time that a transaction sent now would see, in Unix seconds. */
async function chainTime(client: ChainClient): Promise<number> {
  const block = await client.reader.getBlock({ blockTag: 'pending' })
  return Number(block.timestamp)
}

/**
 * Commits to a name at its zone's minter, unless a commitment of this signer is still good. Undefined when the zone asks
 * for none.
 */
export async function commitToName(
  client: ChainClient,
  input: { signer: LocalAccount; name: Name },
): Promise<Commitment | undefined> {
  const { signer, name } = input
  const { label, parent } = splitLabel(name)
  const minter = (await getEntry(client, parent)).tba
  const ages = await readAges(client, minter)
  if (ages === undefined) return undefined
  const at = { address: minter, abi: osMinterAbi } as const
  const hash = await client.reader.readContract({
    ...at,
    functionName: 'getCommitHash',
    args: [bytesToHex(utf8ToBytes(label)), signer.address],
  })
  const read = async () => Number(await client.reader.readContract({ ...at, functionName: 'getCommit', args: [hash] }))
  let expiresAt = await read()
  // One that expires while we wait would be refused as too old; the minter takes a new one only after it has expired.
  if (expiresAt <= (await chainTime(client))) {
    const data = encodeFunctionData({ abi: osMinterAbi, functionName: 'commit', args: [hash] })
    await transact(client, { signer, to: minter, data, doing: `commit to "${name}"` })
    expiresAt = await read()
  }
  return { minter, usableAt: expiresAt - ages.max + ages.min + 1, expiresAt }
}

/** Waits until a commitment may be used; `onWait` is told the seconds left, about once a second. */
export async function waitForCommitment(
  client: ChainClient,
  commitment: Commitment,
  onWait: (secondsLeft: number) => void = () => {},
): Promise<void> {
  let said: number | undefined
  for (;;) {
    const left = commitment.usableAt - (await chainTime(client))
    if (left <= 0) return
    if (left !== said) onWait(left)
    said = left
    await sleep(left > 1 ? 1_000 : 200)
  }
}

/** Refusals of a public minter that a commitment, or waiting, cures. */
const CURED_BY_COMMITMENT = new Set(['CommitNotFound', 'CommitTooNew', 'CommitTooOld'])

/**
 * Asks a zone's minter whether it would mint this name, before anybody commits and waits for it.
 *
 * @throws CommandError `contract-reverted` with the zone's reason; `no-public-minter` when its account mints for its
 *   owner only.
 */
export async function expectZoneMints(client: ChainClient, request: MintRequest): Promise<void> {
  const { parent } = splitLabel(request.name)
  const doing = `mint "${request.name}"`
  const to = (await getEntry(client, parent)).tba
  try {
    await client.reader.call({ account: request.signer, to, data: encodeMint(client, request) })
  } catch (error) {
    const revert = decodeRevert(doing, error)
    if (revert !== undefined) {
      if (revert.problem.code === 'contract-reverted' && CURED_BY_COMMITMENT.has(revert.problem.error)) return
      throw revert
    }
    if (!(error instanceof BaseError)) throw error
    const problem = { code: 'no-public-minter', name: parent } as const
    throw new CommandError(problem, `Cannot ${doing}: the account of "${parent}" mints for its owner only`, {
      hint: `the owner of "${parent}" mints it with --as-owner`,
      cause: error,
    })
  }
}

/** Writes notes and facts beneath a name, through its account. The signer must own it. */
export async function writeData(
  client: ChainClient,
  input: { signer: LocalAccount; name: Name; writes: readonly LabelledData[] },
): Promise<Receipt> {
  const entry = await getEntry(client, input.name)
  const labels = input.writes.map((write) => `"${write.label}"`).join(', ')
  const data = encodeWrites(client, input.writes)
  return await transact(client, {
    signer: input.signer,
    to: entry.tba,
    data,
    doing: `write ${labels} of "${input.name}"`,
  })
}
