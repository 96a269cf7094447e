import {
  englishAuctionAbi,
  governanceHyprAbi,
  hyperwareGovernorAbi,
  hypermapAbi,
  hyprAbi,
  phasesAbi,
  timelockAbi,
  tokenRegistryAbi,
  typedProposalsAbi,
} from '@hyperware/deployments/abi'
import { childNamehash, ROOT_NAMEHASH, type Hex } from '@hyperware/protocol'
import {
  createWalletClient,
  encodeFunctionData,
  http,
  keccak256,
  numberToHex,
  parseEther,
  parseEventLogs,
  publicActions,
  stringToHex,
  zeroAddress,
  zeroHash,
  type Abi,
  type TransactionReceipt,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeAuction, lotOf } from '../../../scripts/onchain/auctions.ts'
import { decodeRevert } from '../../../scripts/onchain/contract-errors.ts'
import { devAccount } from '../../../scripts/onchain/signers.ts'
import { openPublicChain, OWNER, type PublicChain } from './open-chain.ts'

const [VOTER, STEWARD, TREASURY, FRED, ERIN] = [0, 1, 2, 3, 4]
const FOR = 1
const QUEUED = 5
const EXECUTED = 7
const TIMELOCK_DELAY = 3600
const AUCTION_SECONDS = 86_400
const TERMS = `--voting-delay 2 --voting-period 30 --proposal-threshold 10 --timelock-delay ${TIMELOCK_DELAY}`

/** From locked HYPR to a zone in other hands, through what `hyperware deploy` put there and nothing else. */
let chain: PublicChain
let at: Record<string, Hex>

beforeAll(async () => {
  chain = await openPublicChain()
  const [steward, treasury] = [devAccount(STEWARD).address, devAccount(TREASURY).address]
  const people = `--steward ${steward} --treasury ${treasury} --proposers ${OWNER}`
  const { code, out, err } = await chain.deploy(`--yes --json --hand-over ${people} ${TERMS}`)
  expect(code, err).toBe(0)
  at = JSON.parse(out).addresses
})

afterAll(() => chain.close())

const client = (account: number) =>
  createWalletClient({ account: devAccount(account), transport: http(chain.anvil.url) }).extend(publicActions)

async function waitFor(hash: Hex): Promise<TransactionReceipt> {
  const reader = client(VOTER)
  for (;;) {
    const receipt = await reader.getTransactionReceipt({ hash }).catch(() => undefined)
    if (receipt !== undefined) return receipt
  }
}

/** Sends a call as an account and waits for it; what a contract refuses is told as the command line tells it. */
async function act(account: number, to: Hex | undefined, call: { abi: Abi; functionName: string; args: unknown[] }) {
  try {
    const data = encodeFunctionData(call)
    const hash = await client(account).sendTransaction({ ...(to === undefined ? {} : { to }), data, chain: null })
    const receipt = await waitFor(hash)
    expect(receipt.status, call.functionName).toBe('success')
    return receipt
  } catch (error) {
    throw decodeRevert(call.functionName, error) ?? error
  }
}

function read<T>(to: Hex | undefined, abi: Abi, functionName: string, args: unknown[] = []): Promise<T> {
  const address = to ?? zeroAddress
  return client(VOTER).readContract({ address, abi, functionName, args }) as Promise<T>
}

const passBlocks = (count: number) => chain.anvil.call('anvil_mine', numberToHex(count))

async function passSeconds(seconds: number): Promise<void> {
  await chain.anvil.call('evm_increaseTime', seconds)
  await chain.anvil.call('evm_mine')
}

type Proposal = { targets: Hex[]; values: bigint[]; calldatas: Hex[]; description: string; id: bigint }

function proposalIn(receipt: TransactionReceipt): Proposal {
  const [created] = parseEventLogs({ abi: hyperwareGovernorAbi, eventName: 'ProposalCreated', logs: receipt.logs })
  if (created === undefined) throw new Error('nothing was proposed')
  const { targets, values, calldatas, description, proposalId: id } = created.args
  return { targets: [...targets], values: [...values], calldatas: [...calldatas], description, id }
}

/** Votes for a proposal, and does all that follows. */
async function carryOut(proposal: Proposal): Promise<void> {
  const { targets, values, calldatas, description, id } = proposal
  const governor = { abi: hyperwareGovernorAbi }
  const args = [targets, values, calldatas, keccak256(stringToHex(description))]
  await passBlocks(3)
  await act(VOTER, at['HyperwareGovernor'], { ...governor, functionName: 'castVote', args: [id, FOR] })
  await passBlocks(31)
  await act(FRED, at['HyperwareGovernor'], { ...governor, functionName: 'queue', args })
  expect(await read(at['HyperwareGovernor'], hyperwareGovernorAbi, 'state', [id])).toBe(QUEUED)
  await expect(act(FRED, at['HyperwareGovernor'], { ...governor, functionName: 'execute', args })).rejects.toThrow(
    'Cannot execute: the contract refused with TimelockUnexpectedOperationState(operationId: "0x',
  )
  await passSeconds(TIMELOCK_DELAY)
  await act(FRED, at['HyperwareGovernor'], { ...governor, functionName: 'execute', args })
  expect(await read(at['HyperwareGovernor'], hyperwareGovernorAbi, 'state', [id])).toBe(EXECUTED)
}

/** Puts an auction of a zone, with a reserve of 100 HYPR, onto the chain. */
async function deployAuction(label: string): Promise<Hex> {
  const { Hypermap = '0x', Hypr = '0x', Phases = '0x', Timelock = '0x' } = at
  const contracts = { hypermap: Hypermap, hypr: Hypr, phases: Phases, timelock: Timelock } as const
  const terms = { ...contracts, lot: lotOf([label]), reserve: parseEther('100'), durationSeconds: AUCTION_SECONDS }
  const data = encodeAuction(terms, { kind: 'english', incrementBps: 500, timeBufferSeconds: 900 })
  const { contractAddress } = await waitFor(await client(VOTER).sendTransaction({ data, chain: null }))
  return contractAddress ?? zeroAddress
}

const proposeZone = (account: number, label: string, auction: Hex) =>
  act(account, at['TypedProposals'], {
    abi: typedProposalsAbi,
    functionName: 'proposeZones',
    args: [
      [{ label: stringToHex(label), implementation: at['HyperAccount'], initialization: '0x' }],
      auction,
      `Sell ${label}`,
    ],
  })

async function bid(account: number, auction: Hex, hypr: string): Promise<void> {
  const amount = parseEther(hypr)
  await act(account, at['Hypr'], { abi: hyprAbi, functionName: 'approve', args: [auction, amount] })
  await act(account, auction, { abi: englishAuctionAbi, functionName: 'bid', args: [amount, zeroHash] })
}

describe('what was deployed governs', () => {
  let news: Hex

  test('HYPR is spread and locked, which gives votes', async () => {
    for (const account of [FRED, ERIN]) {
      const args = [devAccount(account).address, parseEther('1000')]
      await act(VOTER, at['Hypr'], { abi: hyprAbi, functionName: 'transfer', args })
    }
    const amount = parseEther('50000000')
    await act(VOTER, at['Hypr'], { abi: hyprAbi, functionName: 'approve', args: [at['TokenRegistry'], amount] })
    const lock = { abi: tokenRegistryAbi, functionName: 'manageLock', args: [amount, 208n * 604_800n] }
    await act(VOTER, at['TokenRegistry'], lock)
    await passBlocks(1)
    expect(await read<bigint>(at['GovernanceHypr'], governanceHyprAbi, 'getVotes', [OWNER])).toBeGreaterThan(0n)
  })

  test('in phase 1 nobody proposes, and only the steward ends it', async () => {
    news = await deployAuction('news')
    await expect(proposeZone(VOTER, 'news', news)).rejects.toMatchObject({
      message: `Cannot proposeZones: the contract refused with ProposerNotAllowed(proposer: "${OWNER}", phase: 1)`,
      hint: expect.stringContaining('nobody proposes in phase 1'),
    })
    const advance = { abi: phasesAbi, functionName: 'advance', args: [2] }
    await expect(act(VOTER, at['Phases'], advance)).rejects.toThrow('NotKeeper(caller: ')
    await act(STEWARD, at['Phases'], advance)
    await expect(act(STEWARD, at['Phases'], { ...advance, args: [3] })).rejects.toThrow('NotKeeper(caller: ')
    await expect(proposeZone(FRED, 'news', news)).rejects.toThrow('ProposerNotAllowed(proposer: ')
  })

  test('a vote mints the zone to its auction, the winner gets it, and the treasury the price', async () => {
    await carryOut(proposalIn(await proposeZone(VOTER, 'news', news)))
    expect(await read(news, englishAuctionAbi, 'state')).toBe(1)
    await expect(bid(FRED, news, '99')).rejects.toMatchObject({
      message: `Cannot bid: the contract refused with BidTooLow(offered: ${parseEther('99')}, minimum: ${parseEther('100')})`,
      hint: expect.stringContaining('minimumBid()'),
    })
    await bid(FRED, news, '200')
    await bid(ERIN, news, '210')
    await passSeconds(AUCTION_SECONDS)
    const call = (functionName: string, args: unknown[] = []) => ({ abi: englishAuctionAbi, functionName, args })
    await act(FRED, news, call('settle'))
    await act(ERIN, news, call('collect', [devAccount(ERIN).address]))
    await act(FRED, news, call('withdraw', [devAccount(FRED).address]))
    await act(FRED, news, call('withdraw', [devAccount(TREASURY).address]))
    const zone = BigInt(childNamehash(ROOT_NAMEHASH, 'news'))
    expect(await read(at['Hypermap'], hypermapAbi, 'ownerOf', [zone])).toBe(devAccount(ERIN).address)
    const held = (account: number) => read(at['Hypr'], hyprAbi, 'balanceOf', [devAccount(account).address])
    expect(await Promise.all([TREASURY, FRED, ERIN].map(held))).toEqual(
      ['210', '1000', '790'].map((hypr) => parseEther(hypr)),
    )
  })

  test('an adopted document is a fact beneath gov', async () => {
    const hash = keccak256(stringToHex('HIP 1'))
    const propose = { abi: typedProposalsAbi, functionName: 'proposeHip', args: [1n, hash, 'HIP 1'] }
    await carryOut(proposalIn(await act(VOTER, at['TypedProposals'], propose)))
    const fact = childNamehash(childNamehash(ROOT_NAMEHASH, 'gov'), '!hip-1')
    expect(await read(at['Hypermap'], hypermapAbi, 'get', [fact])).toEqual([zeroAddress, zeroAddress, hash])
    await expect(act(VOTER, at['TypedProposals'], propose)).rejects.toThrow(`AlreadyAdopted(fact: "${fact}"`)
  })

  test('a vote opens phase 3, in which prices are burned', async () => {
    const data = encodeFunctionData({ abi: phasesAbi, functionName: 'advance', args: [3] })
    const args = [[at['Phases']], [0n], [data], 'Open governance']
    const proposed = await act(VOTER, at['HyperwareGovernor'], {
      abi: hyperwareGovernorAbi,
      functionName: 'propose',
      args,
    })
    await carryOut(proposalIn(proposed))
    expect(await read(at['Phases'], phasesAbi, 'phase')).toBe(3)
    const games = await deployAuction('games')
    await carryOut(proposalIn(await proposeZone(VOTER, 'games', games)))
    const before = await read<bigint>(at['Hypr'], hyprAbi, 'totalSupply')
    await bid(ERIN, games, '150')
    await passSeconds(AUCTION_SECONDS)
    await act(FRED, games, { abi: englishAuctionAbi, functionName: 'settle', args: [] })
    expect(await read(at['Hypr'], hyprAbi, 'totalSupply')).toBe(before - parseEther('150'))
  })

  test('nobody but a vote moves what the timelock owns', async () => {
    const steal = { abi: hypermapAbi, functionName: 'transferFrom', args: [at['Timelock'], OWNER, 0n] }
    await expect(act(VOTER, at['Hypermap'], steal)).rejects.toThrow(`ERC721InsufficientApproval(operator: "${OWNER}"`)
    const upgrade = { abi: hypermapAbi, functionName: 'upgradeToAndCall', args: [at['HypermapImplementation'], '0x'] }
    await expect(act(VOTER, at['Hypermap'], upgrade)).rejects.toThrow('AccessControlUnauthorizedAccount(account: ')
    const schedule = [at['Phases'], 0n, '0x', zeroHash, zeroHash, BigInt(TIMELOCK_DELAY)]
    const direct = { abi: timelockAbi, functionName: 'schedule', args: schedule }
    await expect(act(VOTER, at['Timelock'], direct)).rejects.toThrow('AccessControlUnauthorizedAccount(account: ')
  })
})
