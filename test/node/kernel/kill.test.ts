import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../../node/modules/state/store.ts'
import { linesUntilKilled } from '../../helpers/until-killed.ts'

const CHILD = join(import.meta.dirname, 'kernel-until-killed.ts')
const KILLS = Number(process.env['KERNEL_KILLS'] ?? 8)
/** What the child says that it did. */
const KINDS = ['made', 'granted', 'killed', 'state']

test(`a kernel killed ${KILLS} times at random moments keeps every process, right and state it acknowledged`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hyperware-kernel-'))
  const made = new Set<string>()
  const killed = new Set<string>()
  const mayBeKilled = new Set<string>()
  const granted = new Map<string, string>()
  const states = new Map<string, number>()
  for (let kill = 0; kill < KILLS; kill += 1) {
    const afterMs = Math.floor(Math.random() * 300)
    // The first one does all that it can do before it is killed, for there to be something to lose.
    const enough = (output: string): boolean => kill > 0 || KINDS.every((kind) => output.includes(`${kind} `))
    for (const line of await linesUntilKilled(CHILD, [folder, String(kill * 1_000)], afterMs, enough)) {
      const [what, name = '', value = ''] = line.split(' ')
      if (what === 'made') made.add(name)
      else if (what === 'killing') mayBeKilled.add(name)
      else if (what === 'killed') killed.add(name)
      else if (what === 'granted') granted.set(name, value)
      else states.set(name, Number(value))
    }
    const store = await openStore({ folder, nodeName: 'alice.os' })
    const kept = new Map(store.listProcesses().map((process) => [process.id.split(':')[0] ?? '', process]))
    const where = `after kill ${kill + 1}, at ${afterMs} ms`
    expect(
      [...made].filter((name) => !kept.has(name) && !mayBeKilled.has(name)),
      where,
    ).toEqual([])
    expect(
      [...killed].filter((name) => kept.has(name)),
      where,
    ).toEqual([])
    for (const [name, value] of granted) {
      const params = kept.get(name)?.capabilities.map(({ capability }) => capability.params)
      if (params !== undefined) expect(params, `${where}: ${name}`).toContain(value)
    }
    for (const [name, value] of states) {
      const state = Number(new TextDecoder().decode(await store.readState(`${name}:test:alice.os`)))
      expect(state, `${where}: ${name}`).toBeGreaterThanOrEqual(value)
    }
    await store.close()
  }
  expect(Math.min(made.size, killed.size, granted.size, states.size)).toBeGreaterThan(0)
  await rm(folder, { recursive: true })
})
