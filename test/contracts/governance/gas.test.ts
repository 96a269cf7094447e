import { test } from 'vitest'
import { ABSTAIN, AGAINST, FOR, openGovernors, VOTERS } from './governance.ts'
import type { Contract } from './governance.ts'

test('gas', async () => {
  const g = await openGovernors()
  const run = async (contract: Contract) => {
    const gas: Record<string, number> = {}
    for (const n of [1, 2]) {
      const { id, gas: made } = await g.propose(contract, `Proposal ${n}`)
      gas[`propose ${n}`] = made
      const kinds = [FOR, FOR, AGAINST, AGAINST, ABSTAIN, ABSTAIN, FOR, FOR]
      for (let v = 1; v <= VOTERS; v++) {
        const support = kinds[v - 1] ?? FOR
        gas[`vote ${n} of ${v} as ${support}`] = await g.call(v, contract, 'castVote', [id, support])
      }
    }
    return gas
  }
  const [ours, over, simple] = [await run(g.governor), await run(g.overridable), await run(g.simple)]
  for (const k of Object.keys(ours))
    console.log(k, ours[k], over[k], simple[k], (ours[k]! / over[k]!).toFixed(3), (ours[k]! / simple[k]!).toFixed(3))
  const { id } = await g.propose(g.governor, 'traced')
  await g.call(1, g.governor, 'castVote', [id, FOR])
  const tr = await g.trace(2, g.governor, 'castVote', [id, FOR])
  const by: Record<string, number> = {}
  for (const l of tr.structLogs)
    by[`${l.depth} ${l.op}`] = (by[`${l.depth} ${l.op}`] ?? 0) + (l.op === 'STATICCALL' ? 0 : Number(l.gasCost))
  console.log(
    Object.entries(by)
      .sort((a, b) => b[1] - a[1])
      .slice(0, 30),
  )
  console.log(
    tr.structLogs
      .filter((l: any) => l.op === 'SLOAD' || l.op === 'STATICCALL' || l.op === 'SSTORE')
      .map((l: any) => [l.depth, l.op, l.gasCost, l.pc]),
  )
  await g.close()
}, 120_000)
