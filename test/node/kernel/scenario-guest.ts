import { utf8ToBytes } from '@hyperware/protocol'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import { expectBlobs, expectHeld, expectReport, expectStart } from './scenario-expect.ts'
import type { Step } from './scenario-form.ts'
import type { Gate, Seat } from './scenario-gate.ts'
import type { Report } from './scenario-report.ts'
import { isTrap } from './scenario-script.ts'

/** What a process reported. */
export type Witness = { readonly id: string; readonly report: Report }

type Stage = { readonly gate: Gate; readonly witnesses: Witness[] }

/** Lets the process make the call of this step, if it has one, and compares what it reports. */
export async function actAsGuest(stage: Stage, id: string, step: Step): Promise<void> {
  const seat = stage.gate.seats.get(id)
  if (seat === undefined) throw new Error(`${id} does not run`)
  if (seat.last === undefined) await greet(stage, id, seat)
  if (step.exit !== undefined) return expectExit(seat, step.exit)
  if (isTrap(step)) return expectTrap(stage, seat)
  if (step.await !== undefined || step.spawn !== undefined) return open(seat)
  const looksOnly = step.awaited !== undefined || step.spawned !== undefined
  if (seat.open === undefined && !looksOnly) await letThrough(seat, step)
  await stage.gate.settle()
  if ((step.receive ?? step.awaited ?? step.spawned) === 'nothing') return expectOpen(stage, id, seat)
  if (seat.open?.answered === false) throw new Error('nothing came')
  const report = await take(stage, id, seat)
  expectOf(step, report)
}

/** Its first report, made before its first call. */
async function greet(stage: Stage, id: string, seat: Seat): Promise<void> {
  const report = await seat.report()
  expectStart(report, seat.our)
  stage.witnesses.push({ id, report })
  seat.last = report
}

async function take(stage: Stage, id: string, seat: Seat): Promise<Report> {
  const report = await seat.report()
  if (seat.last !== undefined) expectBlobs(report, seat.last)
  stage.witnesses.push({ id, report })
  seat.last = report
  return report
}

/** A component host may make one call of each request in a list. */
async function letThrough(seat: Seat, { sendAll }: Step): Promise<void> {
  for (let left = sendAll?.length ?? 1; left > 0;) {
    const call = await seat.pass()
    if (call.kind === 'exited') throw new Error(`expected a call, not the end: ${inspect(call.exit)}`)
    left -= call.kind === 'act' && call.action.kind === 'send' ? call.action.requests.length : left
  }
}

/** Makes a call whose answer a later step looks at. A component that traps in it has called nothing. */
async function open(seat: Seat): Promise<void> {
  const said = await seat.peek()
  if (said.kind !== 'exited') await seat.pass()
}

async function expectOpen(stage: Stage, id: string, seat: Seat): Promise<void> {
  if (seat.open === undefined) throw new Error(`expected a call that is open, not ${inspect(await seat.peek())}`)
  if (seat.open.answered) expect(await take(stage, id, seat)).toBe('nothing')
}

async function expectTrap(stage: Stage, seat: Seat): Promise<void> {
  await stage.gate.settle()
  if (seat.open?.answered === false) throw new Error('nothing came')
  return expectExit(seat, 'trapped')
}

async function expectExit(seat: Seat, kind: 'returned' | 'trapped'): Promise<void> {
  const said = await seat.pass()
  expect(said.kind === 'exited' ? said.exit : said).toMatchObject({ kind })
}

function expectOf(step: Step, report: Report): void {
  const { receive, awaited = receive, spawned } = step
  if (spawned !== undefined) return expect(report.spawned).toBe(spawned)
  if (awaited !== undefined) return expectReport(report, awaited)
  if (step.getState !== undefined) {
    const hex = step.getState === null ? null : Buffer.from(utf8ToBytes(step.getState)).toString('hex')
    return expect(report.state).toBe(hex)
  }
  if (step.getOnExit !== undefined) return expect(report.onExit).toEqual(step.getOnExit)
  if (step.capabilities !== undefined) return expectHeld(report, step.capabilities)
}

/** At the end of a case, whatever runs waits: for what an open call gives, or for a message. */
export async function expectAtRest(id: string, seat: Seat): Promise<void> {
  if (seat.open !== undefined) return
  const said = await seat.peek()
  expect(said.kind === 'ask' ? said.question : said, `${id} at the end`).toEqual({ kind: 'receive' })
}
