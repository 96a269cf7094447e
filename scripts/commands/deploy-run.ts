import type { CommandIo } from '../cli/io.ts'
import { askLine } from '../cli/question.ts'
import { DEV_CHAIN_ID } from '../dev/chain.ts'
import { writeFileAtomically } from '../dev/files.ts'
import { connect, type Connection } from '../deploy/connection.ts'
import { DeployError } from '../deploy/errors.ts'
import { describeSteps, type Estimate, estimate, requireFunds } from '../deploy/estimate.ts'
import type { Ens } from '../deploy/known-chains.ts'
import { type NetworkPlan, planNetwork } from '../deploy/network-plan.ts'
import { requireOwnGovernance } from '../deploy/own-governance.ts'
import { checkRecord, writeRecord } from '../deploy/record.ts'
import { checkRoles, readRoles, type RoleRow } from '../deploy/roles.ts'
import { runSteps, type StartBlocks } from '../deploy/run.ts'
import type { DeployStep } from '../deploy/steps.ts'
import { findMissing, requirePrerequisites, surveyChain } from '../deploy/survey.ts'
import { writeVerification } from '../deploy/verification.ts'
import { CommandError } from '../errors.ts'
import { devAccount, readKeyFile } from '../onchain/signers.ts'
import type { DeployCommandOptions } from './deploy.ts'
import { chooseTarget, formatEstimate, formatRoles } from './deploy-words.ts'

/** `deploy`. Everything that can be refused is refused before the first transaction. */
export async function deployNetwork(io: CommandIo, options: DeployCommandOptions): Promise<void> {
  const connection = await connectTarget(options)
  await requirePrerequisites(connection)
  const survey = await surveyChain(connection, ensOf(options))
  const plan = planNetwork({ ...survey, governance: options, handOver: options.handOver })
  const place = checkRecord(plan, { file: options.catalogue, overwrite: options.overwrite === true })
  const missing = await findMissing(connection, plan.steps)
  if (missing.length > 0) await requireOwnGovernance(connection, plan)
  const cost = await estimate(connection, missing)
  if (options.json !== true) for (const line of formatEstimate({ connection, plan, cost })) io.err(line)
  if (options.plan !== undefined) writePlan(options.plan, connection, cost)
  if (options.verification !== undefined) writeVerification(plan, options.verification)
  if (options.dryRun === true) return tellDryRun(io, options, { connection, plan, cost })
  requireFunds(connection, cost)
  if (missing.length > 0 && options.yes !== true) await askToGoOn(connection)

  const blocks = await runTelling(io, { connection, plan, missing, options })
  const roles = await readRoles(connection, plan)
  if (options.json !== true) for (const line of formatRoles(roles)) io.err(line)
  checkRoles(roles)
  if (place.state !== 'same') await writeRecord(connection, plan, { file: place.file, blocks })
  tellDone(io, options, { connection, plan, roles, sent: blocks.size, file: place.file })
}

async function connectTarget(options: DeployCommandOptions): Promise<Connection> {
  const { rpcUrl, chainId } = chooseTarget(options)
  if (options.keyFile !== undefined) {
    return connect({ rpcUrl, signer: readKeyFile(options.keyFile), expected: chainId })
  }
  const connection = await connect({ rpcUrl, signer: devAccount(0), expected: chainId })
  if (connection.chainId === DEV_CHAIN_ID) return connection
  throw new CommandError(
    { code: 'usage', argument: '--key-file', value: '' },
    `Cannot deploy to chain ${connection.chainId} without a key: expected --key-file`,
    { hint: 'a file with 0x and 64 hexadecimal digits; its account pays, and owns what is deployed' },
  )
}

function ensOf({ ensRegistry, ensWrapper }: DeployCommandOptions): Ens | undefined {
  if (ensRegistry !== undefined && ensWrapper !== undefined) return { registry: ensRegistry, nameWrapper: ensWrapper }
  if (ensRegistry === undefined && ensWrapper === undefined) return undefined
  const argument = ensRegistry === undefined ? '--ens-registry' : '--ens-wrapper'
  throw new CommandError(
    { code: 'usage', argument, value: '' },
    `Cannot use ENS: ${argument} is missing, expected both --ens-registry and --ens-wrapper`,
  )
}

function writePlan(file: string, { chainId, signer }: Connection, cost: Estimate): void {
  const plan = { chainId, from: signer.address, steps: describeSteps(cost.steps) }
  writeFileAtomically(file, `${JSON.stringify(plan, null, 2)}\n`)
}

async function askToGoOn({ chainId }: Connection): Promise<void> {
  if (process.stdin.isTTY) {
    const answer = await askLine(`Type the chain id to send these to chain ${chainId}: `)
    if (answer?.trim() === String(chainId)) return
  }
  throw new DeployError({ code: 'not-confirmed', chainId }, `Cannot deploy to chain ${chainId}: not confirmed`, {
    hint: 'type the chain id when asked, or give --yes where nobody can be asked; --dry-run only looks',
  })
}

/** Says which step is being done and, when it ends early, what was left and how to go on. */
async function runTelling(
  io: CommandIo,
  input: { connection: Connection; plan: NetworkPlan; missing: readonly DeployStep[]; options: DeployCommandOptions },
): Promise<StartBlocks> {
  const { connection, missing, options } = input
  const left = new Set(missing.map(({ id }) => id))
  const interruption = new AbortController()
  const interrupt = () =>
    interruption.abort(new DeployError({ code: 'interrupted' }, 'Cannot finish the deployment: it was interrupted'))
  process.once('SIGINT', interrupt)
  try {
    return await runSteps(connection, missing, {
      confirmations: options.confirmations ?? (connection.chainId === DEV_CHAIN_ID ? 1 : 3),
      signal: interruption.signal,
      report: (step, state, hash) => {
        if (state === 'done') left.delete(step.id)
        if (options.json === true) return
        if (state === 'sending') io.err(`  ${step.id} ...`)
        else io.err(`  ${step.id} at ${step.address}${hash === undefined ? '' : `, transaction ${hash}`}`)
      },
    })
  } catch (error) {
    const named = left.size === 0 ? 'nothing but confirmations' : [...left].join(', ')
    io.err(`${missing.length - left.size} of ${missing.length} steps done, and stay done. Left: ${named}.`)
    io.err('To go on, run the same command with the same key.')
    throw error
  } finally {
    process.removeListener('SIGINT', interrupt)
  }
}

function tellDryRun(
  io: CommandIo,
  options: DeployCommandOptions,
  { connection, plan, cost }: { connection: Connection; plan: NetworkPlan; cost: Estimate },
): void {
  if (options.json !== true) {
    io.out(cost.steps.length === 0 ? 'nothing is left to do' : `${cost.steps.length} steps are left; nothing was sent`)
    return
  }
  const gasOf = new Map(cost.steps.map(({ step, gas }) => [step.id, Number(gas)]))
  const steps = plan.steps.map(({ id, address }) => {
    const gas = gasOf.get(id)
    return gas === undefined ? { step: id, address, state: 'present' } : { step: id, address, state: 'missing', gas }
  })
  const { chainId, rpcUrl, signer } = connection
  io.out(
    JSON.stringify({
      chainId,
      rpcUrl,
      signer: signer.address,
      steps,
      gas: Number(cost.gas),
      source: cost.source,
      feePerGas: String(cost.feePerGas),
      dataFee: String(cost.dataFee),
      cost: String(cost.cost),
      balance: String(cost.balance),
    }),
  )
}

function tellDone(
  io: CommandIo,
  options: DeployCommandOptions,
  done: { connection: Connection; plan: NetworkPlan; roles: readonly RoleRow[]; sent: number; file: string },
): void {
  const { chainId } = done.connection
  const { addresses } = done.plan
  if (options.json === true) {
    io.out(JSON.stringify({ chainId, sent: done.sent, addresses, roles: done.roles, catalogue: done.file }))
    return
  }
  const what = done.sent === 0 ? 'found complete' : `completed with ${done.sent} transactions`
  io.out(`deployment on chain ${chainId} ${what}: Hypermap at ${addresses.Hypermap}, listed in ${done.file}`)
}
