import { readFileSync, writeFileSync } from 'node:fs'
import hre, { network } from 'hardhat'
import { createWalletClient, custom, publicActions } from 'viem'
import type { Abi, EIP1193RequestFn, Hex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { expect, test } from 'vitest'

/** Gas of whole transactions, as a wallet pays it. `UPDATE_SNAPSHOT=1` rewrites the file; a diff of it is to be reviewed. */
const snapshotFile = new URL('gas-snapshot.json', import.meta.url)

/** Growth that is noise: a byte more or less in an address costs 12 gas. */
const TOLERANCE = 0.01

/** What the project promises of any lock, whatever the snapshot says. */
const LOCK_LIMIT = 160_000

const HYPR = 10n ** 18n
const DAY = 86_400
const MIN = 28n * 86_400n
const MAX = 208n * 7n * 86_400n
const MNEMONIC = 'test test test test test test test test test test test junk'

test('no action costs more gas than the snapshot says, nor than promised', async () => {
  const measured = await measure()
  if (process.env['UPDATE_SNAPSHOT'] === '1') {
    writeFileSync(snapshotFile, `${JSON.stringify(measured, null, 2)}\n`)
  }
  const snapshot: Record<string, number> = JSON.parse(readFileSync(snapshotFile, 'utf8'))
  expect(Object.keys(measured)).toEqual(Object.keys(snapshot))
  const grown = Object.entries(measured).filter(([action, gas]) => gas > (snapshot[action] ?? 0) * (1 + TOLERANCE))
  expect(grown, 'actions that cost more than 1 % above the snapshot').toEqual([])
  const broken = Object.entries(measured).filter(([action, gas]) => action.startsWith('lock') && gas > LOCK_LIMIT)
  expect(broken, 'locks that cost more than promised').toEqual([])
})

test.for([1, 2, 4, 10])(
  'the first call after %i idle years costs at most 1.2 times the call after a day',
  async (years) => {
    const afterADay = await lockAfter(DAY)
    const afterYears = await lockAfter(years * 364 * DAY)
    expect(afterYears).toBeLessThanOrEqual(afterADay * 1.2)
  },
)

async function measure(): Promise<Record<string, number>> {
  const { call, read, pass, close, registry, gHypr } = await openTokens()
  const gas: Record<string, number> = {}
  gas['lock, the first of all'] = await call(1, 'manageLock', [1_000n * HYPR, MAX])
  gas['lock, the first of an account, new week'] = await call(2, 'manageLock', [1_000n * HYPR, MIN])
  gas['lock, the first of an account'] = await call(3, 'manageLock', [1_000n * HYPR, MIN])
  gas['lock, adding'] = await call(2, 'manageLock', [1_000n * HYPR, MAX])
  gas['lock, extending'] = await call(3, 'manageLock', [0n, MAX])
  gas['delegation'] = await call(3, 'delegate', [await addressOf(1)], gHypr)
  gas['delegation, taken back'] = await call(3, 'delegate', [await addressOf(3)], gHypr)
  await pass(Number(MAX))
  gas['withdrawal'] = await call(1, 'withdraw', [])
  expect(await read('valueOf', ['0x0000000000000000000000000000000000000000'], registry)).toBeGreaterThanOrEqual(0n)
  await close()
  return gas
}

/** Gas of adding to a lock when nothing happened for a while, in a registry with twelve locks of all lengths. */
async function lockAfter(idle: number): Promise<number> {
  const { call, pass, close } = await openTokens()
  for (let account = 1; account <= 12; account++) {
    await call(account, 'manageLock', [1_000n * HYPR, MIN + (BigInt(account) * (MAX - MIN)) / 12n])
  }
  await pass(idle)
  const gas = await call(13, 'manageLock', [1_000n * HYPR, MAX])
  await close()
  return gas
}

/** HYPR and its registry on a chain inside this process; accounts 1 to 13 hold HYPR and approved what they lock first. */
async function openTokens() {
  const files = ['Hypr', 'TokenRegistry', 'GovernanceHypr'].map((name) => `contracts/token/${name}.sol`)
  await hre.tasks.getTask('build').run({ quiet: true, files })
  const connection = await network.create()
  const transport = custom({ request: connection.provider.request.bind(connection.provider) as EIP1193RequestFn })
  const chain = { ...hardhat, id: Number(await connection.provider.request({ method: 'eth_chainId' })) }
  const client = (index: number) =>
    createWalletClient({ account: mnemonicToAccount(MNEMONIC, { addressIndex: index }), chain, transport }).extend(
      publicActions,
    )
  const deployer = client(0)

  const deploy = async (name: string, args: readonly unknown[]): Promise<Contract> => {
    const { abi, bytecode } = await hre.artifacts.readArtifact(name)
    const hash = await deployer.deployContract({ abi: abi as Abi, bytecode: bytecode as Hex, args })
    const { contractAddress } = await deployer.getTransactionReceipt({ hash })
    if (contractAddress === null || contractAddress === undefined) throw new Error(`Deploying ${name}: no address`)
    return { abi: abi as Abi, address: contractAddress }
  }
  const hypr = await deploy('Hypr', [deployer.account.address])
  const registry = await deploy('TokenRegistry', [hypr.address, hypr.address, 1n])
  const read = (functionName: string, args: readonly unknown[], contract: Contract) =>
    deployer.readContract({ ...contract, functionName, args })
  const { abi: gHyprAbi } = await hre.artifacts.readArtifact('GovernanceHypr')
  const gHypr: Contract = { abi: gHyprAbi as Abi, address: (await read('gHypr', [], registry)) as Hex }

  /** Sends and gives back the gas of the whole transaction. */
  const call = async (from: number, functionName: string, args: readonly unknown[], contract = registry) => {
    const sender = client(from)
    const hash = await sender.writeContract({ ...contract, functionName, args, gas: 1_000_000n })
    const receipt = await sender.getTransactionReceipt({ hash })
    expect(receipt.status, `${functionName} by account ${from}`).toBe('success')
    return Number(receipt.gasUsed)
  }
  for (let account = 1; account <= 13; account++) {
    await call(0, 'transfer', [await addressOf(account), 10_000n * HYPR], hypr)
    await call(account, 'approve', [registry.address, 2_000n * HYPR], hypr)
  }

  const pass = async (seconds: number) => {
    await connection.provider.request({ method: 'evm_increaseTime', params: [seconds] })
    await connection.provider.request({ method: 'evm_mine', params: [] })
  }
  return { registry, gHypr, call, read, pass, close: () => connection.close() }
}

type Contract = { abi: Abi; address: Hex }

async function addressOf(index: number): Promise<Hex> {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index }).address
}
