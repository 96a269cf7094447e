import { createHash } from 'node:crypto'
import { type KernelMessage, parseProcessId, utf8ToBytes } from '@hyperware/protocol'
import { expect, test } from 'vitest'
import { loadProcesses } from '../../../node/kernel/boot.ts'
import type { Effect, KernelEvent, Timer } from '../../../node/kernel/effects.ts'
import {
  blobOfRequest,
  blobOfResponse,
  creditBytes,
  GUEST_CREDITS,
  type GuestQuestion,
} from '../../../node/kernel/guest.ts'
import { createKernel, type Kernel } from '../../../node/kernel/kernel.ts'
import type { Context, Instance, Process } from '../../../node/kernel/process.ts'
import { take } from '../../../node/kernel/step.ts'
import { createMemoryStore } from '../../../node/kernel/store.ts'
import { auditBooks } from './books.ts'
import { OUR_NAME, testSign, testVerify } from './kernel-fixture.ts'
import { createRandom, type Random } from './random.ts'
import { NAMES, RandomMessages } from './random-messages.ts'

/**
 * The step under random guests, modules, peers, disks and clocks. After every step the books must balance: credits,
 * what waits, contexts and timers. The same seed must come to the same effects.
 */
const STEPS = Number(process.env['KERNEL_FUZZ_STEPS'] ?? 40_000)
const SEED = Number(process.env['KERNEL_FUZZ_SEED'] ?? Date.now() % 2 ** 31)

class Fuzz {
  readonly kernel: Kernel
  readonly #random: Random
  readonly #say: RandomMessages
  readonly #timers = new Map<Context | Process, { timer: Timer; deadlineMs: number }>()
  readonly #credits = new Map<Instance, { messages: number; bytes: number }>()
  readonly #asking = new Set<Instance>()
  readonly #transmitted: KernelMessage[] = []
  /** What the world outside will say, sooner or later. */
  readonly #pending: KernelEvent[] = []
  readonly #digest = createHash('sha256')
  #nowMs = 0
  #ids = 0n

  constructor(random: Random) {
    this.#random = random
    const randomId = () => (this.#ids += 1n)
    this.#say = new RandomMessages(random, randomId, () =>
      [...this.kernel.processes.values()].flatMap(({ contexts }) => [...contexts.keys()].slice(0, 3)),
    )
    this.kernel = createKernel({ ourName: OUR_NAME, randomId, sign: testSign, verify: testVerify })
    const modules = ['tester', 'vfs'].map((name) => ({
      id: parseProcessId(`${name}:distro:sys`),
      public: name === 'tester',
    }))
    this.#performAll(loadProcesses(this.kernel, modules, createMemoryStore()))
  }

  step(): void {
    const event = this.#nextEvent()
    if (event === undefined) return
    this.#performAll(take(this.kernel, event, this.#nowMs))
  }

  digest(): string {
    return this.#digest.digest('hex')
  }

  #performAll(effects: readonly Effect[]): void {
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: Effect): void {
    this.#digest.update(effect.kind)
    switch (effect.kind) {
      case 'hand':
        return void this.#pending.push({ kind: 'taken', process: effect.process, mail: effect.mail })
      case 'transmit':
        if (this.#transmitted.push(effect.message) > 20) this.#transmitted.shift()
        return
      case 'answer':
        this.#digest.update(effect.answer.kind)
        expect(this.#asking.delete(effect.instance), 'an answer that nobody waits for').toBe(true)
        return
      case 'credit': {
        const credits = this.#credits.get(effect.instance)
        if (credits === undefined) throw new Error('credit for nobody')
        credits.messages += effect.messages
        credits.bytes += effect.bytes
        return
      }
      case 'read-state':
        return void this.#asking.delete(effect.instance)
      case 'start-timer':
        return void this.#timers.set(effect.timer.subject, effect)
      case 'stop-timer':
        return void this.#timers.delete(effect.subject)
      case 'prepare': {
        const { process } = effect
        const good = this.#random(4) > 0
        this.#pending.push(
          good
            ? { kind: 'prepared', process, prepared: { sizeBytes: 1 } }
            : { kind: 'not-prepared', process, reason: 'so it is' },
        )
        return
      }
      case 'start':
        return void this.#credits.set(effect.instance, { ...GUEST_CREDITS })
      case 'kill':
        return
      case 'commit': {
        const fails = this.#random(10) === 0
        this.#performAll(fails ? effect.failed : effect.written)
        if (fails) this.#pending.push({ kind: 'commit-failed', changes: effect.changes, reason: 'full' })
        return
      }
      case 'acknowledge':
        return void this.#pending.push(effect)
      case 'print':
        this.#digest.update(effect.print.text)
        return
      case 'observe':
      case 'shut-down':
    }
  }

  #nextEvent(): KernelEvent | undefined {
    const choice = this.#random(100)
    if (choice < 20 && this.#pending.length > 0) return this.#pending.splice(this.#random(this.#pending.length), 1)[0]
    if (choice < 26) return this.#fireTimer()
    if (choice < 28) {
      this.#nowMs += this.#random(3_000)
      return { kind: 'tick' }
    }
    if (choice < 34)
      return { kind: 'receive', message: this.#say.message(this.#say.pick(['bob.os', 'our', OUR_NAME]) ?? '', 'x') }
    if (choice < 38) return { kind: 'send', message: this.#say.message('our', 'vfs:distro:sys') }
    if (choice < 40) return this.#failTransmitted()
    if (choice < 46) return this.#say.command()
    return this.#guestEvent()
  }

  #guestEvent(): KernelEvent | undefined {
    const running = [...this.kernel.processes.values()].flatMap(({ phase }) =>
      phase.kind === 'running' ? [phase.instance] : [],
    )
    const instance = this.#say.pick(running)
    if (instance === undefined || this.#asking.has(instance)) return undefined
    const choice = this.#random(40)
    if (choice === 0) return { kind: 'exited', instance, exit: { kind: 'returned' } }
    if (choice < 14) {
      this.#asking.add(instance)
      return { kind: 'ask', instance, question: this.#question(instance) }
    }
    if (choice < 17) return { kind: 'act', instance, action: { kind: 'set-on-exit', onExit: { kind: 'restart' } } }
    if (choice < 24) {
      const response = this.#say.parts()
      const blob = blobOfResponse(response, instance.process.lastBlob)
      if (!this.#pay(instance, creditBytes({ ...response, blob }))) return undefined
      return { kind: 'act', instance, action: { kind: 'respond', response } }
    }
    const request = this.#say.request()
    const context = this.#random(2) === 0 ? utf8ToBytes('context') : undefined
    const blob = blobOfRequest(request, instance.process.lastBlob)
    // Now and then a flood, up to the last credit.
    const requests = Array.from({ length: this.#random(30) === 0 ? 300 : 1 }, () => ({ request, context })).filter(() =>
      this.#pay(instance, creditBytes({ ...request, blob, context })),
    )
    return { kind: 'act', instance, action: { kind: 'send', requests } }
  }

  #question(instance: Instance): GuestQuestion {
    const request = this.#say.request()
    const blob = blobOfRequest(request, instance.process.lastBlob)
    switch (this.#random(8)) {
      case 0:
        return { kind: 'get-state' }
      case 1:
        return { kind: 'set-state', bytes: utf8ToBytes('s') }
      case 2:
        return { kind: 'our-capabilities' }
      case 3:
        return {
          kind: 'spawn',
          spawn: {
            name: this.#say.pick([...NAMES, undefined, 'Not Safe']),
            wasmPath: '/x',
            onExit: { kind: 'none' },
            requestCapabilities: [],
            grantCapabilities: [],
            public: true,
          },
        }
      case 4:
      case 5:
        if (this.#pay(instance, creditBytes({ ...request, blob }))) return { kind: 'send-and-await', request }
        return { kind: 'receive' }
      default:
        return { kind: 'receive' }
    }
  }

  #fireTimer(): KernelEvent | undefined {
    const [subject, { timer, deadlineMs }] = this.#say.pick([...this.#timers].slice(0, 50)) ?? [undefined, {}]
    if (subject === undefined || timer === undefined || deadlineMs === undefined) return undefined
    this.#timers.delete(subject)
    // Sometimes a little early: the kernel starts it again.
    if (this.#random(4) > 0) this.#nowMs = Math.max(this.#nowMs, deadlineMs)
    return { kind: 'timer', timer }
  }

  #failTransmitted(): KernelEvent | undefined {
    const message = this.#say.pick(this.#transmitted)
    if (message === undefined) return undefined
    return { kind: 'send-failed', error: { kind: 'offline', message, reason: 'away' } }
  }

  #pay(instance: Instance, bytes: number): boolean {
    const credits = this.#credits.get(instance)
    if (credits === undefined || credits.messages < 1 || credits.bytes < bytes) return false
    credits.messages -= 1
    credits.bytes -= bytes
    return true
  }

  audit(): void {
    auditBooks({ kernel: this.kernel, timers: this.#timers, credits: this.#credits, asking: this.#asking })
  }
}

function run(steps: number, seed: number, audited: boolean): string {
  const fuzz = new Fuzz(createRandom(seed))
  for (let step = 0; step < steps; step += 1) {
    try {
      fuzz.step()
      if (audited) fuzz.audit()
    } catch (error) {
      throw new Error(`step ${step} of seed ${seed}`, { cause: error })
    }
  }
  return fuzz.digest()
}

test(`the books balance after each of ${STEPS} random steps (seed ${SEED})`, () => {
  expect(run(STEPS, SEED, true)).toHaveLength(64)
})

test('the same events come to the same effects', () => {
  expect(run(5_000, SEED, false)).toBe(run(5_000, SEED, false))
})
