import { cpSync, rmSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FindBlock, databaseDir, prepareStore } from '../../../indexer/run/store.ts'
import { newFolder } from '../network/indexer.ts'

const OF = { chainId: 31337, genesis: '0xaa', schema: 'hyperware_abc' }
const FINAL = { number: 42, timestamp: 1_700_000_000 }
const digits = (value: number, count: number) => String(value).padStart(count, '0')
const CHECKPOINT = `${FINAL.timestamp}${digits(OF.chainId, 16)}${digits(FINAL.number, 16)}${digits(0, 33)}`

const agrees: FindBlock = (block) => Promise.resolve(block === FINAL.number ? FINAL : undefined)

const healthy = newFolder()
let dir: string

beforeAll(async () => {
  dir = healthy
  await prepareStore(dir, OF, agrees)
  await inDatabase((database) =>
    database.exec(`
      create schema hyperware_abc;
      create table hyperware_abc._ponder_meta (value jsonb);
      create table hyperware_abc._ponder_checkpoint (latest_checkpoint text, safe_checkpoint text);
      insert into hyperware_abc._ponder_checkpoint values ('${CHECKPOINT}', '${CHECKPOINT}');`),
  )
})

beforeEach(() => {
  dir = newFolder()
  cpSync(healthy, dir, { recursive: true })
})

afterEach(() => rmSync(dir, { recursive: true, force: true }))
afterAll(() => rmSync(healthy, { recursive: true, force: true }))

async function inDatabase<T>(use: (database: PGlite) => Promise<T>): Promise<T> {
  const database = await PGlite.create(databaseDir(dir))
  try {
    return await use(database)
  } finally {
    await database.close()
  }
}

const countTables = () =>
  inDatabase(async (database) => {
    const { rows } = await database.query(`select from pg_tables where schemaname = '${OF.schema}'`)
    return rows.length
  })

test('a store that agrees with the chain is kept', async () => {
  await prepareStore(dir, OF, agrees)
  expect(await countTables()).toBe(2)
})

test('a store is kept when the chain does not answer, and whoever asked hears of that', async () => {
  const problem = new Error('no answer')
  await expect(prepareStore(dir, OF, () => Promise.reject(problem))).rejects.toBe(problem)
  await prepareStore(dir, OF, agrees)
  expect(await countTables()).toBe(2)
})

test('a store whose final block is another one on the chain is made anew', async () => {
  await prepareStore(dir, OF, () => Promise.resolve({ timestamp: 1 }))
  expect(await countTables()).toBe(0)
})

test('a store whose final block cannot be read is damaged, and the chain is not asked for it', async () => {
  await inDatabase((database) => database.exec(`update hyperware_abc._ponder_checkpoint set safe_checkpoint = '17x'`))
  await prepareStore(dir, OF, () => Promise.reject(new Error('the chain was asked')))
  expect(await countTables()).toBe(0)
})
