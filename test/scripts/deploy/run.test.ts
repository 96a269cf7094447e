import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { hypermapAbi } from '@hyperware/deployments/abi'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { planNetwork } from '../../../scripts/deploy/network-plan.ts'
import { runSteps } from '../../../scripts/deploy/run.ts'
import { surveyChain } from '../../../scripts/deploy/survey.ts'
import { ALL_STEP_IDS, openPublicChain, OWNER, PLAN, STEP_IDS, STEPS, type PublicChain } from './open-chain.ts'

let chain: PublicChain

beforeEach(async () => {
  chain = await openPublicChain()
})

afterEach(() => chain.close())

test('a deployment does every step, has the roles of phase 1, and lists its addresses', async () => {
  const { code, out, err } = await chain.deploy('--yes --json')
  expect(err).toBe('')
  expect(code).toBe(0)
  const done = JSON.parse(out)
  expect(done).toMatchObject({ chainId: 7777, sent: STEPS, catalogue: chain.catalogue })
  const roles = new Map(done.roles.map((row: Record<string, string>) => [`${row['subject']} ${row['role']}`, row]))
  expect(roles.get('root entry owner')).toMatchObject({ actual: OWNER, expected: OWNER })
  expect(roles.get('Hypermap upgrades')).toMatchObject({ actual: OWNER, expected: OWNER })
  expect(roles.get('zone os rule')).toMatchObject({ actual: 'OsMinter' })
  expect(roles.get('zone hypr rule')).toMatchObject({ actual: 'HyperAccountPermissionedMinter' })
  expect(roles.get('zone dev rule')).toMatchObject({ actual: 'HyperAccountPermissionedMinter' })
  expect(roles.get('zone eth rule')).toMatchObject({ actual: 'HyperAccount' })
  expect(roles.get(`Hypr held by ${OWNER}`)).toMatchObject({ actual: '1000000000' })
  const { Timelock, HyperwareGovernor } = PLAN.addresses
  for (const role of ['proposer', 'canceller', 'executor']) {
    expect(roles.get(`Timelock ${role}`), role).toMatchObject({
      actual: HyperwareGovernor,
      expected: HyperwareGovernor,
    })
  }
  expect(roles.get('Timelock admin')).toMatchObject({ actual: Timelock, expected: Timelock })
  expect(roles.get('zone gov owner')).toMatchObject({ actual: Timelock, expected: Timelock })
  expect(roles.get('Phases phase')).toMatchObject({ actual: '1' })
  expect(roles.get('HyperwareGovernor blocks for voting')).toMatchObject({ actual: '172800' })

  const { chainId, contracts } = chain.readCatalogue()
  expect(chainId).toBe(7777)
  const { reader } = await chain.connection()
  for (const [name, { address, startBlock }] of Object.entries(contracts)) {
    const at = (blockNumber: bigint) => reader.getCode({ address, blockNumber })
    expect(await at(BigInt(startBlock)), name).toMatch(/^0x../)
    if (startBlock > 0) expect(await at(BigInt(startBlock) - 1n), name).toBeUndefined()
  }
  const address = contracts['Hypermap']?.address ?? '0x'
  expect(await reader.readContract({ address, abi: hypermapAbi, functionName: 'name' })).toBe('Hypermap')
})

test('a dry run prices every step at what it then takes, and changes nothing', async () => {
  const before = await chain.fingerprint()
  const { code, out, err } = await chain.deploy(`--dry-run --json --plan ${chain.folder}/plan.json`)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(await chain.fingerprint()).toEqual(before)
  expect(existsSync(chain.catalogue)).toBe(false)
  expect(existsSync(`${chain.folder}/plan.json`)).toBe(true)
  const dry = JSON.parse(out)
  expect(dry.steps).toHaveLength(STEPS)
  expect(dry.source).toBe('tried')
  expect(BigInt(dry.cost)).toBe(BigInt(dry.gas) * BigInt(dry.feePerGas))

  await chain.deploy('--yes')
  let taken = 0
  for (let block = 1; block <= STEPS; block++) {
    const mined = (await chain.anvil.call('eth_getBlockByNumber', `0x${block.toString(16)}`, false)) as {
      gasUsed: string
    }
    taken += Number(mined.gasUsed)
  }
  expect(Math.abs(taken / dry.gas - 1)).toBeLessThan(0.0001)
})

test('what is deployed already is recognised, and nothing is sent', async () => {
  await chain.deploy('--yes')
  const before = await chain.fingerprint()
  const { code, out } = await chain.deploy('')
  expect(out).toContain('found complete')
  expect(code).toBe(0)
  expect(await chain.fingerprint()).toEqual(before)
})

test('a deployment that dies after any step goes on with the next one', async () => {
  for (let done = 1; done <= ALL_STEP_IDS.length; done++) {
    const { code, err } = await chain.deploy('--yes --hand-over', (text) => {
      if (/^ {2}\S.* at 0x.*, transaction/.test(text)) throw new Error('killed')
    })
    expect(code).toBe(1)
    expect(err).toContain(`1 of ${ALL_STEP_IDS.length - done + 1} steps done, and stay done.`)
    expect(await chain.sentCount()).toBe(done)
  }
  const { code, out, err } = await chain.deploy('--yes --hand-over')
  expect(err).not.toContain('  NOT  ')
  expect(out).toContain('found complete')
  expect(code).toBe(0)
  const { contracts } = chain.readCatalogue()
  expect(contracts['Hypermap']?.startBlock).toBe(STEP_IDS.indexOf('Hypermap') + 1)
  expect(contracts['GovernanceHypr']?.startBlock).toBe(STEP_IDS.indexOf('TokenRegistry') + 1)
  expect(contracts['TypedProposals']?.startBlock).toBe(STEP_IDS.indexOf('HyperwareGovernor') + 1)
})

test('phase 1 ends by handing over, which later runs without being asked to accept', async () => {
  const { Timelock } = PLAN.addresses
  await chain.deploy('--yes')
  const handed = await chain.deploy('--yes --json --hand-over')
  expect(handed.code, handed.err).toBe(0)
  expect(JSON.parse(handed.out)).toMatchObject({ sent: 3 })
  const later = await chain.deploy('--json')
  expect(later.code, later.err).toBe(0)
  const { roles } = JSON.parse(later.out)
  expect(roles).toContainEqual({ subject: 'Hypermap', role: 'upgrades', actual: Timelock, expected: Timelock })
  expect(roles).toContainEqual({ subject: 'root entry', role: 'owner', actual: Timelock, expected: Timelock })
})

test('steward, treasury, proposers and terms are as chosen', async () => {
  const [steward, treasury] = [
    '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
  ]
  const { code, out, err } = await chain.deploy(
    `--yes --json --steward ${steward} --treasury ${treasury} --proposers ${treasury},${OWNER} --voting-delay 3 --voting-period 20 --proposal-threshold 2.5 --quorum 10 --timelock-delay 60`,
  )
  expect(code, err).toBe(0)
  const roles = new Map(
    JSON.parse(out).roles.map((row: Record<string, string>) => [`${row['subject']} ${row['role']}`, row['actual']]),
  )
  expect(roles.get('Phases steward')).toBe(steward)
  expect(roles.get('Phases keeper')).toBe(steward)
  expect(roles.get('Phases treasury')).toBe(treasury)
  expect(roles.get('Phases proposers in phase 2')).toBe(`${treasury}, ${OWNER}`)
  expect(roles.get('HyperwareGovernor blocks before voting')).toBe('3')
  expect(roles.get('HyperwareGovernor blocks for voting')).toBe('20')
  expect(roles.get('HyperwareGovernor votes to propose')).toBe('250')
  expect(roles.get('HyperwareGovernor percent of quorum')).toBe('10')
  expect(roles.get('Timelock seconds of delay')).toBe('60')
})

test('a list of addresses from before governance gets what is new', async () => {
  await chain.deploy('--yes')
  const complete = chain.readCatalogue()
  const { Timelock, Phases, HyperwareGovernor, TypedProposals, ...contracts } = complete.contracts
  expect([Timelock, Phases, HyperwareGovernor, TypedProposals]).not.toContain(undefined)
  writeFileSync(chain.catalogue, JSON.stringify({ chainId: 7777, contracts }))
  const { code, err } = await chain.deploy('')
  expect(code, err).toBe(0)
  expect(chain.readCatalogue()).toEqual(complete)
})

test('a process that is killed in the middle leaves nothing that the next has to repeat', async () => {
  const child = chain.spawnDeploy('--yes')
  const exited = once(child, 'exit')
  while ((await chain.sentCount()) < 4 && child.exitCode === null) await sleep(5)
  child.kill('SIGKILL')
  await exited
  const { code } = await chain.deploy('--yes')
  expect(code).toBe(0)
  expect(await chain.sentCount()).toBe(STEPS)
})

test('an interrupted process says what is left and how to go on', async () => {
  await chain.anvil.call('evm_setAutomine', false)
  const child = chain.spawnDeploy('--yes')
  const exited = once(child, 'close')
  let told = ''
  child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString('utf8')))
  while ((await chain.sentCount()) < 1 && child.exitCode === null) await sleep(20)
  await sleep(200)
  child.kill('SIGINT')
  expect((await exited)[0]).toBe(1)
  expect(told).toContain(`0 of ${STEPS} steps done, and stay done. Left: ${STEP_IDS.slice(0, 3).join(', ')},`)
  expect(told).toContain('To go on, run the same command with the same key.')
  expect(told).toContain('Cannot finish the deployment: it was interrupted')
})

test('a transaction that an earlier run left behind is waited for, not sent again', async () => {
  await chain.anvil.call('evm_setAutomine', false)
  const connection = await chain.connection()
  const { steps } = planNetwork(await surveyChain(connection))
  const run = (timeoutMs: number) => runSteps(connection, steps.slice(0, 2), { confirmations: 1, timeoutMs })
  await expect(run(100)).rejects.toMatchObject({ code: 'transaction-unmined', problem: { step: 'Multicall3' } })
  await expect(run(100)).rejects.toMatchObject({
    code: 'transactions-pending',
    message: `Cannot deploy: ${OWNER} has sent 1 transactions of which 0 are mined, expected all`,
  })
  const running = run(30_000)
  await sleep(100)
  await chain.anvil.call('evm_setAutomine', true)
  await chain.anvil.call('evm_mine')
  expect([...(await running).keys()]).toEqual([STEP_IDS[1]])
  expect(await chain.sentCount()).toBe(2)
})

test('the end waits for as many confirmations as asked for', async () => {
  const connection = await chain.connection()
  const steps = planNetwork(await surveyChain(connection)).steps.slice(0, 1)
  const running = runSteps(connection, steps, { confirmations: 3, timeoutMs: 30_000 })
  while (Number(await chain.anvil.call('eth_getTransactionCount', OWNER, 'latest')) < 1) await sleep(5)
  let ended = false
  void running.then(() => (ended = true))
  await chain.anvil.call('evm_mine')
  await sleep(500)
  expect(ended).toBe(false)
  await chain.anvil.call('evm_mine')
  expect(await running).toEqual(new Map([['Multicall3', 1]]))
})

test('an account that runs out of money on the way is told so', async () => {
  const connection = await chain.connection()
  const { steps } = planNetwork(await surveyChain(connection))
  await chain.anvil.call('anvil_setBalance', OWNER, '0x1000')
  await expect(runSteps(connection, steps, { confirmations: 1 })).rejects.toMatchObject({
    code: 'insufficient-funds',
    problem: { signer: OWNER, balance: 4096n, chainId: 7777 },
  })
})
