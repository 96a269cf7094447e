import { readFileSync, writeFileSync } from 'node:fs'
import { zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { ACCOUNTS, addressOf, DAY, ENTRY, HYPR, MAX, MIN, openTokens } from './tokens.ts'

/** Gas of whole transactions, as a wallet pays it. `UPDATE_SNAPSHOT=1` rewrites the file; a diff of it is to be reviewed. */
const snapshotFile = new URL('gas-snapshot.json', import.meta.url)

/** Growth that is noise: a byte more or less in an address costs 12 gas. */
const TOLERANCE = 0.01

/** What the project promises of any lock, whatever the snapshot says. */
const LOCK_LIMIT = 160_000

/** And of the first call after an idle time, compared with the call after a day. */
const IDLE_RATIO = 1.2

/** Thirty cold slots and the code around them: most that reading a weight may cost. */
const WEIGHT_LIMIT = 90_000

const AMOUNT = 1_000n * HYPR

test('no action costs more gas than the snapshot says, nor than promised', async () => {
  const measured = await measure()
  if (process.env['UPDATE_SNAPSHOT'] === '1') {
    writeFileSync(snapshotFile, `${JSON.stringify(measured, null, 2)}\n`)
  }
  const snapshot: Record<string, number> = JSON.parse(readFileSync(snapshotFile, 'utf8'))
  expect(Object.keys(measured)).toEqual(Object.keys(snapshot))
  const grown = Object.entries(measured).filter(([action, gas]) => gas > (snapshot[action] ?? 0) * (1 + TOLERANCE))
  expect(grown, 'actions that cost more than 1 % above the snapshot').toEqual([])
  const broken = Object.entries(measured).filter(([action, gas]) => action.startsWith('lock,') && gas > LOCK_LIMIT)
  expect(broken, 'locks that cost more than promised').toEqual([])
})

test.for([1, 2, 4, 10])('the first call after %i idle years costs hardly more than after a day', async (years) => {
  const afterADay = await lockAfter(DAY)
  const afterYears = await lockAfter(BigInt(years) * 364n * DAY)
  expect(afterYears).toBeLessThanOrEqual(afterADay * IDLE_RATIO)
})

test('reading a weight costs the same whether one registered or many, and however long ago', async () => {
  const { call, pass, readGas, close } = await openTokens()
  for (let account = 1; account <= ACCOUNTS; account++) {
    await call(account, 'lockAndRegister', [AMOUNT, MAX, ENTRY, MIN + BigInt(account) ** 3n])
    expect(await readGas('weightOf', [ENTRY])).toBeLessThan(WEIGHT_LIMIT)
  }
  await pass(MIN + 100n)
  expect(await readGas('weightOf', [ENTRY])).toBeLessThan(WEIGHT_LIMIT)
  await pass(10n * 364n * DAY)
  expect(await readGas('weightOf', [ENTRY])).toBeLessThan(WEIGHT_LIMIT)
  await close()
})

async function measure(): Promise<Record<string, number>> {
  const { call, pass, close, gHypr } = await openTokens()
  const gas: Record<string, number> = {}
  gas['lock, the first of all'] = await call(1, 'manageLock', [AMOUNT, MAX])
  gas['lock, the first of an account, new weeks'] = await call(2, 'manageLock', [AMOUNT, MIN])
  gas['lock, the first of an account'] = await call(3, 'manageLock', [AMOUNT, MIN])
  gas['lock, adding'] = await call(2, 'manageLock', [AMOUNT, MAX])
  gas['lock, extending'] = await call(3, 'manageLock', [0n, MAX])
  gas['registration, the first of an entry'] = await call(1, 'transferRegistration', [zeroHash, ENTRY, 9n, MIN])
  gas['registration, another end'] = await call(2, 'transferRegistration', [zeroHash, ENTRY, 9n, 2n * MIN])
  gas['registration, adding'] = await call(1, 'transferRegistration', [zeroHash, ENTRY, 9n, 0n])
  gas['registration, extending'] = await call(1, 'transferRegistration', [zeroHash, ENTRY, 0n, MIN])
  gas['lock and registration at once'] = await call(4, 'lockAndRegister', [AMOUNT, MAX, ENTRY, MAX])
  gas['delegation'] = await call(3, 'delegate', [addressOf(1)], gHypr)
  gas['delegation, taken back'] = await call(3, 'delegate', [addressOf(3)], gHypr)
  await pass(2n * MIN)
  gas['registration, given back'] = await call(1, 'transferRegistration', [ENTRY, zeroHash, 9n, 0n])
  await pass(MAX)
  gas['withdrawal'] = await call(1, 'withdraw', [])
  await close()
  return gas
}

/** Gas of a first lock when nothing happened for a while, in a registry with twelve locks of all lengths. */
async function lockAfter(idle: bigint): Promise<number> {
  const { call, pass, close } = await openTokens()
  for (let account = 1; account < ACCOUNTS; account++) {
    await call(account, 'manageLock', [AMOUNT, MIN + (BigInt(account) * (MAX - MIN)) / 12n])
  }
  await pass(idle)
  const gas = await call(ACCOUNTS, 'manageLock', [AMOUNT, MAX])
  await close()
  return gas
}
