import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import type { GuestExit, GuestKernel } from '../../../node/kernel/guest.ts'
import { PAGE_BYTES } from '../../../node/wasm/cells.ts'
import { type ComponentRunner, createComponentRunner } from '../../../node/wasm/runner.ts'
import { createRouter, type Router, type Started } from './router.ts'
import * as guests from './wat-guests.ts'

const LIMITS = { memoryMaxBytes: 64 * PAGE_BYTES }
const KILL_MAX_MS = 5_000 // far more than it takes: what is tested is that it happens at all

let runner: ComponentRunner
let router: Router<Awaited<ReturnType<ComponentRunner['prepare']>>>
const built = new Map<keyof typeof guests, Promise<Uint8Array>>()

beforeAll(() => {
  runner = createComponentRunner({ idleThreads: 2 })
  router = createRouter(runner)
})
afterAll(() => runner.close())

let started = 0

async function start(
  kind: keyof typeof guests,
  name = `p${++started}`,
  target = 'echo',
  limits = LIMITS,
): Promise<Started> {
  const wasm = built.get(kind) ?? guests[kind](target)
  if (target === 'echo') built.set(kind, wasm)
  return router.start(name, await runner.prepare(await wasm, limits))
}

/** Until `check` holds; the test's own time limit ends a wait for something that never comes. */
async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function expectKilled({ guest }: Started): Promise<void> {
  const late = new Promise<'late'>((resolve) => setTimeout(resolve, KILL_MAX_MS, 'late').unref())
  expect(await Promise.race([guest.kill(), late])).toBe(undefined)
}

function body(times: number, sizeBytes = 100): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  new DataView(bytes.buffer).setUint32(0, times, true)
  return bytes
}

describe('how a process ends', () => {
  test.for<{ kind: keyof typeof guests; exit: GuestExit }>([
    { kind: 'returning', exit: { kind: 'returned' } },
    { kind: 'trapping', exit: { kind: 'trapped', reason: 'unreachable' } },
    { kind: 'recursing', exit: { kind: 'trapped', reason: 'Maximum call stack size exceeded' } },
    {
      kind: 'listing',
      exit: { kind: 'trapped', reason: 'the guest gave a list of 5120000 bytes, expected at most 4194304' },
    },
    { kind: 'failingAtStart', exit: { kind: 'trapped', reason: 'divide by zero' } },
  ])('$kind', async ({ kind, exit }) => {
    const { exited } = await start(kind)
    expect(await exited).toEqual(exit)
  })

  test('a trap tells the last words on standard error', async () => {
    const { exited } = await start('complaining')
    const exit = await exited
    const reason = exit.kind === 'trapped' ? exit.reason : ''
    expect([reason.slice(0, 12), reason.length, reason.slice(-30)]).toEqual([
      'unreachable\n',
      12 + 5_000,
      'yyyythe disk of dreams is full',
    ])
  })

  test('a thread that dies by itself is an exit with a reason', async () => {
    const { exited } = await start('hoarding', undefined, undefined, { memoryMaxBytes: 4_096 * PAGE_BYTES })
    expect(await exited).toEqual({
      kind: 'trapped',
      reason: 'values on their way into or out of the process took too much memory',
    })
  })
})
