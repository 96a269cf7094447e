import { expect, test } from 'vitest'
import { HostTrap } from '../../../../node/wasm/standard.ts'
import {
  ComponentError,
  GuestTrap,
  compileComponent,
  instantiateComponent,
} from '../../../../node/wasm/component/component.ts'
import { readGuestC } from '../guests/guests.ts'
import { BLOB, request, scriptedHost, testWasi } from '../guests/scripted-host.ts'
import { MEMORY, write } from './written.ts'

const MUTANTS = 20_000
const AT_ONCE = 50
const CALLS_MAX = 100

/** A sequence of numbers below its argument, the same for the same seed (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

type Section = { readonly start: number; readonly body: number; readonly end: number; readonly id: number }

/** The outermost sections of a component. */
function sectionsOf(bytes: Uint8Array): Section[] {
  const sections: Section[] = []
  for (let at = 8; at < bytes.length;) {
    let size = 0
    let body = at + 1
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[body++] ?? 0
      size += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    sections.push({ start: at, body, end: body + size, id: bytes[at] ?? 0 })
    at = body + size
  }
  return sections
}

const CORE_MODULE = 1

/** Code is left alone but for a few mutants, which are not run: it could loop without end in this thread. */
type Mutant = { readonly bytes: Uint8Array; readonly codeChanged: boolean }

function mutate(bytes: Uint8Array, random: (below: number) => number): Mutant {
  const sections = sectionsOf(bytes)
  const wiring = sections.filter(({ id, body, end }) => id !== CORE_MODULE && end > body)
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T
  const changed = Uint8Array.from(bytes)
  const kind = random(10)
  if (kind < 5) {
    for (let times = 1 + random(3); times > 0; times--) {
      const { start, end } = pick(wiring)
      const at = start + random(end - start)
      changed[at] = random(2) === 0 ? (changed[at] ?? 0) ^ (1 << random(8)) : random(256)
    }
    return { bytes: changed, codeChanged: false }
  }
  if (kind === 5) return { bytes: bytes.subarray(0, random(bytes.length)), codeChanged: false }
  if (kind === 6) {
    const at = random(bytes.length)
    changed[at] = random(256)
    return { bytes: changed, codeChanged: true }
  }
  // Sections left out, doubled, swapped, or with another's contents.
  const order = sections.map(({ start, end }) => bytes.subarray(start, end))
  const at = random(order.length)
  if (kind === 7) order.splice(at, 1)
  else if (kind === 8) order.splice(random(order.length), 0, pick(order))
  else [order[at], order[(at + 1) % order.length]] = [order[(at + 1) % order.length]!, order[at]!]
  return { bytes: Buffer.concat([bytes.subarray(0, 8), ...order]), codeChanged: false }
}

/** What became of a mutant; anything but the errors of the loader is an error of this test. */
async function outcome({ bytes, codeChanged }: Mutant): Promise<string> {
  try {
    const compiled = await compileComponent(bytes, { memoryMaxBytes: 1_048_576 })
    if (codeChanged) return 'compiled'
    const { standard, calls } = scriptedHost([request('h', { blob: BLOB }), request('R', { blob: BLOB }), request('q')])
    const bounded = Object.fromEntries(
      Object.entries(standard).map(([name, call]) => [
        name,
        (...args: never[]) => {
          if (calls.length > CALLS_MAX) throw new HostTrap('enough')
          return (call as (...args: never[]) => unknown)(...args)
        },
      ]),
    ) as typeof standard
    const instance = instantiateComponent(compiled, { standard: bounded, wasi: testWasi().wasi })
    await instance.init('alice-home.os@main:chat:alice.os')
    return 'returned'
  } catch (error) {
    if (error instanceof ComponentError) return error.code
    if (error instanceof GuestTrap && isEndOfGuest(error)) return `trap: ${error.code}`
    throw error
  }
}

/** A fault is the engine's doing: its traps, a stack or a size at its end, a result that has the wrong type for the guest. */
function isEndOfGuest({ code, cause }: GuestTrap): boolean {
  if (code !== 'fault') return true
  if (cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError) return true
  return cause instanceof TypeError && /^Cannot (convert|mix)/.test(cause.message)
}

test(`${MUTANTS} mutants of components run or are refused, and nothing else`, async () => {
  const nested = await write({
    before: `(import "wasi:random/insecure-seed@0.2.0" (instance $s (export "insecure-seed" (func (result (tuple u64 u64))))))
      (component $c (import "s" (instance $s (export "insecure-seed" (func (result (tuple u64 u64)))))) (export "t" (instance $s)))
      (instance $n (instantiate $c (with "s" (instance $s))))
      (core module $memory ${MEMORY})
      (core instance $memory (instantiate $memory))
      (alias export $n "t" (instance $t))
      (core func $seed (canon lower (func $t "insecure-seed") (memory (core memory $memory "memory"))))`,
    core: `(import "s" "insecure-seed" (func $seed (param i32))) ${MEMORY}`,
    given: '(with "s" (instance (export "insecure-seed" (func $seed))))',
    init: '(call $seed (i32.const 16))',
  })
  const bases = [readGuestC(), nested]
  const counts = new Map<string, number>()
  for (let first = 0; first < MUTANTS; first += AT_ONCE) {
    const outcomes = await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, at) => {
        const seed = first + at
        const mutant = mutate(bases[seed % bases.length] ?? nested, seeded(seed))
        return outcome(mutant).catch((cause: unknown) => {
          throw new Error(`mutant ${seed} did something else`, { cause })
        })
      }),
    )
    for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  // Mutants get far enough to try every stage.
  const reached = [
    'truncated',
    'malformed',
    'unsupported',
    'unknown-import',
    'import-type',
    'wrong-export',
    'not-linked',
  ]
  for (const outcome of [...reached, 'compiled', 'returned', 'trap: host', 'trap: fault']) {
    expect(counts.get(outcome), `${outcome} among ${[...counts.keys()].join(', ')}`).toBeGreaterThan(20)
  }
})
