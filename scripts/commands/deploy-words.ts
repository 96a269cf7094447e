import { formatEther, formatGwei } from 'viem'
import { formatTable } from '../cli/io.ts'
import { urlArgument } from '../cli/options.ts'
import type { Connection } from '../deploy/connection.ts'
import type { Estimate } from '../deploy/estimate.ts'
import type { NetworkPlan } from '../deploy/network-plan.ts'
import type { RoleRow } from '../deploy/roles.ts'
import { getRunningNetwork } from '../dev/network-file.ts'
import type { DeployCommandOptions } from './deploy.ts'

/** Which chain is meant: a URL as it is, or the chain of the network that runs in a home. */
export function chooseTarget(options: DeployCommandOptions): { rpcUrl: string; chainId: number | undefined } {
  const { network, rpc, chainId } = options
  if (/^https?:\/\//.test(network)) return { rpcUrl: rpc ?? urlArgument(network), chainId }
  if (rpc !== undefined) return { rpcUrl: rpc, chainId }
  const { chain } = getRunningNetwork(network)
  return { rpcUrl: chain.rpcUrl, chainId: chainId ?? chain.chainId }
}

/** Steps, their addresses and costs, as lines of text. Pure. */
export function formatEstimate(input: { connection: Connection; plan: NetworkPlan; cost: Estimate }): string[] {
  const { connection, plan, cost } = input
  const gasOf = new Map(cost.steps.map(({ step, gas }) => [step.id, gas]))
  const rows = plan.steps.map(({ id, address }) => {
    const gas = gasOf.get(id)
    return [`  ${gas === undefined ? 'present' : 'missing'}`, id, address, gas === undefined ? '' : `${gas} gas`]
  })
  const head = `chain ${connection.chainId} at ${connection.rpcUrl}, signed by ${connection.signer.address}`
  const steps = [head, ...formatTerms(plan), ...formatTable(rows)]
  if (cost.steps.length === 0) return steps
  const source = cost.source === 'tried' ? 'as tried out on this chain' : 'as measured elsewhere'
  const data = cost.dataFee === 0n ? '' : ` and at most ${formatEther(cost.dataFee)} for publishing them`
  return [
    ...steps,
    `${cost.steps.length} steps left: ${cost.gas} gas (${source}) at ${formatGwei(cost.feePerGas)} gwei${data}`,
    `cost about ${formatEther(cost.cost)}, balance ${formatEther(cost.balance)}, in the chain's own currency`,
  ]
}

/** What governance begins with, since it decides addresses and cannot be exchanged without a vote. Pure. */
function formatTerms({ input, governance }: NetworkPlan): string[] {
  const { steward, treasury, proposers, votingDelay, votingPeriod, quorum, timelockDelay } = governance
  const keeper = input.handOver === true ? 'the timelock' : input.owner
  return [
    `root entry and right to upgrade end with ${keeper}; steward ${steward}, treasury ${treasury}`,
    `proposers in phase 2: ${proposers.join(', ')}, with the votes of ${formatEther(governance.proposalThreshold)} HYPR for four weeks`,
    `votes: after ${votingDelay} blocks, for ${votingPeriod} blocks, quorum ${quorum} %, then ${timelockDelay} s in the timelock`,
  ]
}

/** Who holds which role, as lines of text; `NOT` marks what differs from the plan. Pure. */
export function formatRoles(roles: readonly RoleRow[]): string[] {
  const rows = roles.map(({ subject, role, actual, expected }) => {
    const differs = expected !== undefined && actual !== expected
    const mark = expected === undefined ? '' : differs ? 'NOT' : 'ok'
    return [`  ${mark}`, subject, role, differs ? `${actual}, expected ${expected}` : actual]
  })
  return ['roles:', ...formatTable(rows)]
}
