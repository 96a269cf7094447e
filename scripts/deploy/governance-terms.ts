import { parseEther } from 'viem'
import type { Hex } from 'viem'

/** Who and what governance begins with. All of it decides addresses, so a deployment is gone on with by the same terms. */
export type GovernanceTerms = {
  /** Keeper of phase 1: names treasury and proposers, and begins phase 2. */
  steward: Hex
  /** Receives what auctions earn before phase 3. */
  treasury: Hex
  /** Who may propose in phase 2, one at least. */
  proposers: readonly Hex[]
  /** Blocks from a proposal to the block that votes are counted at. */
  votingDelay: number
  /** Blocks for voting. */
  votingPeriod: number
  /** Base units that, locked for four weeks, give the votes to propose. */
  proposalThreshold: bigint
  /** Percentage of all votes that must be for, or abstain. */
  quorum: number
  /** Seconds from queueing to execution, at least. */
  timelockDelay: number
}

/** What somebody has chosen of them. */
export type GovernanceChoice = { [Term in keyof GovernanceTerms]?: GovernanceTerms[Term] | undefined }

const DAY_SECONDS = 86_400

/**
 * The terms with what was not chosen filled in. Voting lasts two days, as on the live network (86,400 blocks of two
 * seconds there); what that does not publish is ours: a day before it, two days after it, 4 % of all votes, and 1,000 HYPR
 * to propose. Days are counted in the shortest time that blocks take. Pure.
 */
export function completeTerms(
  { owner, minSecondsPerBlock }: { owner: Hex; minSecondsPerBlock: number },
  choice: GovernanceChoice = {},
): GovernanceTerms {
  const blocksOf = (seconds: number) => Math.ceil(seconds / minSecondsPerBlock)
  const steward = choice.steward ?? owner
  return {
    steward,
    treasury: choice.treasury ?? steward,
    proposers: choice.proposers ?? [steward],
    votingDelay: choice.votingDelay ?? blocksOf(DAY_SECONDS),
    votingPeriod: choice.votingPeriod ?? blocksOf(2 * DAY_SECONDS),
    proposalThreshold: choice.proposalThreshold ?? parseEther('1000'),
    quorum: choice.quorum ?? 4,
    timelockDelay: choice.timelockDelay ?? 2 * DAY_SECONDS,
  }
}
