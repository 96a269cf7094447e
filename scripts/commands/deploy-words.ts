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
  if (cost.steps.length === 0) return [head, ...formatTable(rows)]
  const source = cost.source === 'tried' ? 'as tried out on this chain' : 'as measured elsewhere'
  const data = cost.dataFee === 0n ? '' : ` and at most ${formatEther(cost.dataFee)} for publishing them`
  return [
    head,
    ...formatTable(rows),
    `${cost.steps.length} steps left: ${cost.gas} gas (${source}) at ${formatGwei(cost.feePerGas)} gwei${data}`,
    `cost about ${formatEther(cost.cost)}, balance ${formatEther(cost.balance)}, in the chain's own currency`,
  ]
}

/** Who holds which role, as lines of text; `!` marks what differs from phase 1. Pure. */
export function formatRoles(roles: readonly RoleRow[]): string[] {
  const rows = roles.map(({ subject, role, actual, expected }) => {
    const differs = expected !== undefined && actual !== expected
    return [differs ? '!' : ' ', subject, role, differs ? `${actual}, expected ${expected}` : actual]
  })
  return ['roles:', ...formatTable(rows)]
}
