import { afterAll, beforeAll, expect, test } from 'vitest'
import '../../built.ts'
import type { Area } from '../area.ts'
import { CALLS_IN_TESTS } from '../areas.ts'
import { checkMany } from '../check-many.ts'
import type { TimedStep } from '../timed.ts'
import { openAuctionsArea } from './auctions-area.ts'
import type { AuctionMessage } from './messages.ts'

const CALLS = CALLS_IN_TESTS.auctions

/** Errors and events that the random calls must provoke, or they prove little. */
const ERRORS = [
  'AlreadyProposer',
  'BidAboveDeposit',
  'BidTooLow',
  'ERC20InsufficientAllowance',
  'ERC20InsufficientBalance',
  'LastProposer',
  'LotIncomplete',
  'LotNotAscending',
  'NoListToRemove',
  'NotHypermap',
  'NotInLot',
  'NotKeeper',
  'NotNextPhase',
  'NotOnList',
  'NotPermitted',
  'NotTenant',
  'NothingOwed',
  'OwnershipCycle',
  'PeriodsOutOfRange',
  'SealMismatch',
  'SealMissing',
  'SealNotExpected',
  'TermOutOfRange',
  'WrongState',
  'ZeroAddress',
]
const EVENTS = [
  'Assigned',
  'Bid',
  'Collected',
  'Leased',
  'Mint',
  'Note',
  'Opened',
  'PhaseBegan',
  'ProposerAdded',
  'ProposerListRemoved',
  'ProposerRemoved',
  'RentPaid',
  'Returned',
  'Revealed',
  'Sold',
  'Transfer',
  'TreasurySet',
  'Unsold',
  'Withdrawn',
]

let area: Area<TimedStep<AuctionMessage>>

beforeAll(async () => {
  area = await openAuctionsArea()
}, 1_800_000)

afterAll(async () => {
  await area.close()
})

test(
  'auctions, leases, phases: model and contracts agree on state, events and errors of every random call',
  { timeout: 1_800_000 },
  async () => {
    const report = await checkMany(area, { calls: CALLS, seed: 1 })
    expect(report.failure, report.failure).toBeUndefined()
    expect(report.calls).toBe(CALLS)
    expect(report.succeeded / report.calls).toBeGreaterThan(0.5)
    expect([...report.errors.keys()]).toEqual(expect.arrayContaining(ERRORS))
    expect([...report.events.keys()]).toEqual(expect.arrayContaining(EVENTS))
  },
)
