import { afterAll, beforeAll, expect, test } from 'vitest'
import '../../built.ts'
import type { Area } from '../area.ts'
import { CALLS_IN_TESTS } from '../areas.ts'
import { checkMany } from '../check-many.ts'
import type { TimedStep } from '../timed.ts'
import type { TokenMessage } from './messages.ts'
import { openTokenArea } from './token-area.ts'

const CALLS = CALLS_IN_TESTS.token

/** Errors and events that the random calls must provoke, or they prove little. */
const ERRORS = [
  'DefaultDestinationInvalidParams',
  'ECDSAInvalidSignature',
  'ECDSAInvalidSignatureS',
  'ERC20InsufficientAllowance',
  'ERC20InsufficientBalance',
  'ERC20InvalidApprover',
  'ERC20InvalidReceiver',
  'ERC20InvalidSpender',
  'ERC2612ExpiredSignature',
  'ERC2612InvalidSigner',
  'ERC5805FutureLookup',
  'InsufficientLockAmount',
  'InvalidAccountNonce',
  'InvalidAmount',
  'InvalidDuration',
  'InvalidInitialization',
  'InvalidParam',
  'LockExpired',
  'LockNotExpired',
  'NoBindExists',
  'NoLockExists',
  'NotTransferable',
  'OnlyGovernanceTokenCanCall',
  'OnlyRegistryCanCall',
  'Panic',
  'SourceNotExpired',
  'UnknownEntry',
  'VotesExpiredSignature',
  'ZeroAmount',
  'ZeroAmountForNewBind',
  'ZeroDurationForNewBind',
]
const EVENTS = [
  'Approval',
  'BindAmountIncreased',
  'BindCreated',
  'BindDurationExtended',
  'DelegateChanged',
  'DelegateVotesChanged',
  'ExpiredBindReclaimed',
  'LockExtended',
  'TokensBound',
  'TokensLocked',
  'TokensWithdrawn',
  'Transfer',
]

let area: Area<TimedStep<TokenMessage>>

beforeAll(async () => {
  area = await openTokenArea()
}, 1_800_000)

afterAll(async () => {
  await area.close()
})

test(
  'HYPR, locks, registrations, votes: model and contracts agree on state, events and errors of every random call',
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

test(
  'a mistake in the contracts is found, and shrunk to the few calls that show it',
  { timeout: 1_800_000 },
  async () => {
    const broken = await openTokenArea([
      {
        path: 'contracts/token/TokenRegistry.sol',
        from: 'if (lock.end > block.timestamp) revert LockNotExpired(lock.end);',
        to: '',
      },
    ])
    const { failure } = await checkMany(broken, { calls: 4_000, seed: 1 })
    await broken.close()
    expect(failure).toMatch(/differ in token: seed 1, call \d+, sequence \d+; [1-6] of its \d+ calls show it/)
    expect(failure).toContain('LockNotExpired')
    expect(failure).toMatch(/npm run model -- --area token --seed 1 --sequence \d+/)
  },
)
