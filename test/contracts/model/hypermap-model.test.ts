import { afterAll, beforeAll, expect, test } from 'vitest'
import '../built.ts'
import { CALLS_IN_TESTS } from './areas.ts'
import { type Chain, openChain } from './chain.ts'
import { checkMany } from './check-many.ts'
import { namespaceArea } from './namespace-area.ts'

/** Of the 100,000 calls of all areas; more, and other seeds, by command: see run.ts. */
const CALLS = CALLS_IN_TESTS.namespace

/** Errors and events that the random calls must provoke, or they prove little. */
const ERRORS = [
  'ERC1967InvalidImplementation',
  'ERC721IncorrectOwner',
  'ERC721InsufficientApproval',
  'ERC721InvalidApprover',
  'ERC721InvalidOperator',
  'ERC721InvalidReceiver',
  'ERC721NonexistentToken',
  'EmptyFact',
  'Error',
  'ExecuteError',
  'FactAlreadyExists',
  'FactMustBeginWithBang',
  'FailedCall',
  'FailedToInitializeTBA',
  'GeneAlreadySet',
  'InvalidInitialization',
  'InvalidLabelCharacter',
  'LabelTooLong',
  'LabelTooShort',
  'NameAlreadyExists',
  'NotHypermapCaller',
  'NotOperator',
  'NotOperatorOrEntryPoint',
  'NotParent',
  'NoteMustBeginWithTilde',
  'OwnershipCycle',
]
const EVENTS = [
  'Approval',
  'ApprovalForAll',
  'ERC6551AccountCreated',
  'Fact',
  'Gene',
  'Initialized',
  'Mint',
  'Note',
  'Transfer',
  'Upgraded',
]

let chain: Chain

beforeAll(async () => {
  chain = await openChain()
})

afterAll(async () => {
  await chain.close()
})

test(
  'model and contracts agree on state, events and errors of 90,000 random calls',
  { timeout: 1_800_000 },
  async () => {
    const report = await checkMany(namespaceArea(chain), { calls: CALLS, seed: 1 })
    expect(report.failure, report.failure).toBeUndefined()
    expect(report.calls).toBe(CALLS)
    expect(report.succeeded / report.calls).toBeGreaterThan(0.35)
    expect([...report.errors.keys()]).toEqual(expect.arrayContaining(ERRORS))
    expect([...report.events.keys()]).toEqual(expect.arrayContaining(EVENTS))
  },
)

test('a rule that the model has otherwise is found, and shrunk to the few calls that show it', async () => {
  const { world } = chain
  const [first = world.rootOwner, ...impostors] = world.impostors
  const credulous: Chain = { ...chain, world: { ...world, impostors, receivers: [...world.receivers, first] } }
  const { failure } = await checkMany(namespaceArea(credulous), { calls: 4_000, seed: 1 })
  expect(failure).toContain('seed 1')
  expect(failure).toMatch(/; [1-5] of its 400 calls show it/)
  expect(failure).toMatch(/ERC721InvalidReceiver|64a0ae92/)
})
