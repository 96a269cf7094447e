import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../../../node/modules/state/store.ts'
import { linesUntilKilled } from '../../../helpers/until-killed.ts'

const CHILD = join(import.meta.dirname, 'writes-until-killed.ts')
const KILLS = Number(process.env['STORE_KILLS'] ?? 12)

/** What a killed child had acknowledged: the last round of each process. */
async function writeUntilKilled(folder: string, from: number, afterMs: number): Promise<Map<string, number>> {
  const lines = await linesUntilKilled(CHILD, [folder, String(from)], afterMs)
  return new Map(
    lines.map((line) => {
      const [id = '', round = ''] = line.split(' ')
      return [id, Number(round)]
    }),
  )
}

test(`a store killed ${KILLS} times at random moments has all that it acknowledged, each commit whole`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hyperware-store-'))
  const acknowledged = new Map<string, number>()
  for (let kill = 0; kill < KILLS; kill += 1) {
    const afterMs = Math.floor(Math.random() * 250)
    const from = kill * 100_000
    for (const [id, round] of await writeUntilKilled(folder, from, afterMs)) acknowledged.set(id, round)
    const store = await openStore({ folder, nodeName: 'alice.os' })
    for (const process of store.listProcesses()) {
      const state = new TextDecoder().decode(await store.readState(process.id))
      const round = process.witVersion ?? -1
      expect(round, `after ${afterMs} ms: ${process.id}`).toBeGreaterThanOrEqual(acknowledged.get(process.id) ?? 0)
      expect(state).toBe(`${round} `.repeat(50))
      expect(process.capabilities.map(({ capability }) => capability.params)).toEqual([String(round)])
    }
    const there = new Set(store.listProcesses().map(({ id }) => id))
    expect([...acknowledged.keys()].filter((id) => !there.has(id))).toEqual([])
    await store.close()
  }
  expect(acknowledged.size).toBeGreaterThan(0)
  await rm(folder, { recursive: true })
})
