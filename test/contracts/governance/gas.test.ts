import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ABSTAIN, addressOf, AGAINST, FOR, openGovernors, VOTERS } from './governance.ts'
import type { Contract, Governors } from './governance.ts'

/** Gas of whole transactions, as a wallet pays it. `UPDATE_SNAPSHOT=1` rewrites the file; a diff of it is to be reviewed. */
const snapshotFile = new URL('gas-snapshot.json', import.meta.url)

/** Growth that is noise: a byte more or less in an address costs 12 gas. */
const TOLERANCE = 0.01

/** What the project promises of any vote, compared with the same vote in OpenZeppelin's Governor. */
const VOTE_RATIO = 0.85

/** Most code that a contract may have, in bytes. */
const CODE_LIMIT = 24_576

/** How account 1, 2, ... votes: the first votes of each kind, and later ones. */
const BALLOTS = [FOR, FOR, AGAINST, AGAINST, ABSTAIN, ABSTAIN, FOR, AGAINST]

test('no vote costs more than promised, nor anything more than the snapshot says', async () => {
  const governors = await openGovernors()
  const { governor, overridable, simple, codeSize } = governors
  const ours = await voteTwice(governors, governor)
  const references = {
    overridable: await voteTwice(governors, overridable),
    simple: await voteTwice(governors, simple),
  }

  for (const [counting, votes] of Object.entries(references)) {
    const ratios = Object.entries(votes).map(([vote, gas]) => [vote, (ours[vote] ?? Infinity) / gas] as const)
    const broken = ratios.filter(([, ratio]) => ratio > VOTE_RATIO)
    expect(broken, `votes above ${VOTE_RATIO} times OpenZeppelin's Governor with ${counting} counting`).toEqual([])
  }
  for (const contract of [governor, governors.typedProposals, governors.phases, governors.timelock]) {
    expect(await codeSize(contract)).toBeLessThan(CODE_LIMIT)
  }

  const measured = { ...ours, ...(await otherActions(governors)) }
  await governors.close()
  if (process.env['UPDATE_SNAPSHOT'] === '1') writeFileSync(snapshotFile, `${JSON.stringify(measured, null, 2)}\n`)
  const snapshot: Record<string, number> = JSON.parse(readFileSync(snapshotFile, 'utf8'))
  expect(Object.keys(measured)).toEqual(Object.keys(snapshot))
  const grown = Object.entries(measured).filter(([action, gas]) => gas > (snapshot[action] ?? 0) * (1 + TOLERANCE))
  expect(grown, 'actions that cost more than 1 % above the snapshot').toEqual([])
})

/** Gas of every vote on two proposals in turn: on the first nobody has voted before, on the second everybody has. */
async function voteTwice({ propose, call }: Governors, contract: Contract): Promise<Record<string, number>> {
  const gas: Record<string, number> = {}
  for (const proposal of ['first', 'second']) {
    const { id } = await propose(contract, `The ${proposal} proposal`)
    for (let voter = 1; voter <= VOTERS; voter++) {
      const support = BALLOTS[voter - 1] ?? FOR
      gas[`castVote, ${proposal} proposal, voter ${voter}`] = await call(voter, contract, 'castVote', [id, support])
    }
  }
  return gas
}

async function otherActions({ governor, gHypr, propose, call }: Governors): Promise<Record<string, number>> {
  const gas: Record<string, number> = {}
  await call(2, gHypr, 'delegate', [addressOf(1)])
  const proposal = await propose(governor, 'The third proposal')
  gas['propose'] = proposal.gas
  gas['castVoteWithReason'] = await call(1, governor, 'castVoteWithReason', [proposal.id, FOR, 'alice-home.os'])
  gas['castOverrideVote'] = await call(2, governor, 'castOverrideVote', [proposal.id, AGAINST, ''])
  return gas
}
