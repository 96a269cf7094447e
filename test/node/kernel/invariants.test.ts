import { createHash } from 'node:crypto'
import {
  json,
  type KernelCommand,
  kernelCommandJson,
  type KernelMessage,
  parseAddress,
  utf8ToBytes,
} from '@hyperware/protocol'
import { parseProcessId } from '@hyperware/protocol'
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
import { type Mail, settles } from '../../../node/kernel/inbox.ts'
import { createKernel, type Kernel } from '../../../node/kernel/kernel.ts'
import { PAID_MAX } from '../../../node/kernel/limits.ts'
import type { Context, Instance, Process } from '../../../node/kernel/process.ts'
import type { Load, Pool } from '../../../node/kernel/shares.ts'
import { take } from '../../../node/kernel/step.ts'
import { createMemoryStore } from '../../../node/kernel/store.ts'
import { OUR_NAME, testSign, testVerify } from './kernel-fixture.ts'

/**
 * The step under random guests, modules, peers, disks and clocks. After every step the books must balance: credits,
 * what waits, contexts and timers. The same seed must come to the same effects.
 */
const STEPS = Number(process.env['KERNEL_FUZZ_STEPS'] ?? 40_000)
const SEED = Number(process.env['KERNEL_FUZZ_SEED'] ?? Date.now() % 2 ** 31)

const NAMES = ['a', 'b', 'c', 'd']
const TARGETS = [
  ...NAMES.map((name) => `our@${name}:test:alice.os`),
  'alice.os@a:test:alice.os',
  'our@nobody:test:alice.os',
  'our@Not Safe:test:alice.os',
  'our@vfs:distro:sys',
  'our@tester:distro:sys',
  'our@kernel:distro:sys',
  'bob.os@x:test:bob.os',
  'alice.os@kernel:distro:sys',
]

class Fuzz {
  readonly kernel: Kernel
  readonly #random: (below: number) => number
  readonly #timers = new Map<Context | Process, { timer: Timer; deadlineMs: number }>()
  readonly #credits = new Map<Instance, { messages: number; bytes: number }>()
  readonly #asking = new Set<Instance>()
  readonly #transmitted: KernelMessage[] = []
  /** What the world outside will say, sooner or later. */
  readonly #pending: KernelEvent[] = []
  readonly #digest = createHash('sha256')
  #nowMs = 0
  #ids = 0n

  constructor(random: (below: number) => number) {
    this.#random = random
    const randomId = () => (this.#ids += 1n)
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
      return { kind: 'receive', message: this.#message(this.#pick(['bob.os', 'our', OUR_NAME]) ?? '', 'x') }
    if (choice < 38) return { kind: 'send', message: this.#message('our', 'vfs:distro:sys') }
    if (choice < 40) return this.#failTransmitted()
    if (choice < 46) return this.#command()
    return this.#guestEvent()
  }

  #guestEvent(): KernelEvent | undefined {
    const running = [...this.kernel.processes.values()].flatMap(({ phase }) =>
      phase.kind === 'running' ? [phase.instance] : [],
    )
    const instance = this.#pick(running)
    if (instance === undefined || this.#asking.has(instance)) return undefined
    const choice = this.#random(40)
    if (choice === 0) return { kind: 'exited', instance, exit: { kind: 'returned' } }
    if (choice < 14) {
      this.#asking.add(instance)
      return { kind: 'ask', instance, question: this.#question(instance) }
    }
    if (choice < 17) return { kind: 'act', instance, action: { kind: 'set-on-exit', onExit: { kind: 'restart' } } }
    if (choice < 24) {
      const response = this.#parts()
      const blob = blobOfResponse(response, instance.process.lastBlob)
      if (!this.#pay(instance, creditBytes({ ...response, blob }))) return undefined
      return { kind: 'act', instance, action: { kind: 'respond', response } }
    }
    const request = this.#request()
    const context = this.#random(2) === 0 ? utf8ToBytes('context') : undefined
    const blob = blobOfRequest(request, instance.process.lastBlob)
    // Now and then a flood, up to the last credit.
    const requests = Array.from({ length: this.#random(30) === 0 ? 300 : 1 }, () => ({ request, context })).filter(() =>
      this.#pay(instance, creditBytes({ ...request, blob, context })),
    )
    return { kind: 'act', instance, action: { kind: 'send', requests } }
  }

  #question(instance: Instance): GuestQuestion {
    const request = this.#request()
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
            name: this.#pick([...NAMES, undefined, 'Not Safe']),
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

  #command(): KernelEvent {
    const id = parseProcessId(`${this.#pick(NAMES)}:test:alice.os`)
    const onExit = this.#random(2) === 0 ? ({ kind: 'restart' } as const) : ({ kind: 'none' } as const)
    const commands: KernelCommand[] = [
      {
        kind: 'InitializeProcess',
        id,
        wasmBytesHandle: '',
        witVersion: 1,
        onExit,
        initialCapabilities: [],
        public: true,
      },
      {
        kind: 'InitializeProcess',
        id,
        wasmBytesHandle: '',
        witVersion: 1,
        onExit,
        initialCapabilities: [],
        public: true,
      },
      { kind: 'RunProcess', id },
      { kind: 'RunProcess', id },
      { kind: 'RunProcess', id },
      { kind: 'KillProcess', id },
      { kind: 'SetOnExit', target: id, onExit },
      { kind: 'Debug', question: { kind: 'Process', id } },
    ]
    const command: KernelCommand = this.#pick(commands) ?? { kind: 'Booted' }
    const body = json.encodeWith(kernelCommandJson, command)
    const message = this.#message('our', 'tester:distro:sys')
    return {
      kind: 'send',
      message: {
        ...message,
        target: parseAddress('our@kernel:distro:sys'),
        message: { ...this.#parts(), kind: 'request', expectsResponse: 5n, body, capabilities: [] },
        blob: { mime: undefined, bytes: new Uint8Array(1) },
      },
    }
  }

  #fireTimer(): KernelEvent | undefined {
    const [subject, { timer, deadlineMs }] = this.#pick([...this.#timers].slice(0, 50)) ?? [undefined, {}]
    if (subject === undefined || timer === undefined || deadlineMs === undefined) return undefined
    this.#timers.delete(subject)
    // Sometimes a little early: the kernel starts it again.
    if (this.#random(4) > 0) this.#nowMs = Math.max(this.#nowMs, deadlineMs)
    return { kind: 'timer', timer }
  }

  #failTransmitted(): KernelEvent | undefined {
    const message = this.#pick(this.#transmitted)
    if (message === undefined) return undefined
    return { kind: 'send-failed', error: { kind: 'offline', message, reason: 'away' } }
  }

  #message(node: string, process: string): KernelMessage {
    const kind = this.#random(2)
    const parts = { ...this.#parts(), capabilities: [] }
    const known = this.#pick(
      [...this.kernel.processes.values()].flatMap(({ contexts }) => [...contexts.keys()].slice(0, 3)),
    )
    return {
      id: known !== undefined && this.#random(2) === 0 ? known : (this.#ids += 1n),
      source: { node, process: parseProcessId(process === 'x' ? 'x:test:bob.os' : process) },
      target: parseAddress(this.#pick(TARGETS) ?? ''),
      rsvp: this.#random(3) === 0 ? parseAddress(this.#pick(TARGETS) ?? '') : undefined,
      message:
        kind === 0
          ? { ...parts, kind: 'request', expectsResponse: this.#seconds() }
          : { ...parts, kind: 'response', context: undefined },
      blob: parts.blob,
    }
  }

  #request() {
    return { ...this.#parts(), target: parseAddress(this.#pick(TARGETS) ?? ''), expectsResponse: this.#seconds() }
  }

  #parts() {
    const size = this.#random(20) === 0 ? 5_000_000 : this.#random(100)
    const blob = this.#random(3) === 0 ? { mime: undefined, bytes: BYTES.subarray(0, size) } : undefined
    const metadata = this.#random(2) === 0 ? 'm' : undefined
    return {
      inherit: this.#random(3) === 0,
      body: BYTES.subarray(0, this.#random(50)),
      metadata,
      capabilities: [],
      blob,
    }
  }

  #seconds(): bigint | undefined {
    return this.#pick([undefined, undefined, 0n, 1n, 5n, 2n ** 64n - 1n])
  }

  #pay(instance: Instance, bytes: number): boolean {
    const credits = this.#credits.get(instance)
    if (credits === undefined || credits.messages < 1 || credits.bytes < bytes) return false
    credits.messages -= 1
    credits.bytes -= bytes
    return true
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#random(from.length)]
  }

  /** Throws unless the books balance. */
  audit(): void {
    const openTimers = new Set<Context | Process>()
    const owing = new Map<Instance, Load>()
    for (const process of this.kernel.processes.values()) {
      const { phase } = process
      if (phase.kind === 'waiting') openTimers.add(process)
      let contextBytes = 0
      const mails = phase.kind === 'module' ? [...phase.handed] : [...process.inbox]
      const settling = mails.filter(settles)
      const answered = new Set(settling.map(({ message }) => message.id))
      // A module's context is closed when it is handed the mail.
      if (phase.kind !== 'module') {
        same(`${process.key}: mails that settle, by request`, settling.length, answered.size)
        for (const id of answered)
          same(`${process.key}: whether mail settles a context`, process.contexts.get(id)?.settled, true)
        const errors = sum(mails.filter(({ sender, error }) => sender === undefined && error !== undefined))
        if (errors > process.contextBytes)
          throw new Error(`${process.key}: ${errors} bytes of errors, ${process.contextBytes} counted`)
      }
      for (const context of process.contexts.values()) {
        contextBytes += context.bytes
        if (!context.settled) openTimers.add(context)
        else if (!answered.has(context.request.id))
          throw new Error(`${process.key}: a settled context without its mail`)
      }
      same(`${process.key}: bytes of contexts`, process.contextBytes, contextBytes)
      const [paid, unpaid] = [mails.filter(isPaid), mails.filter((mail) => !isPaid(mail))]
      auditPool(`${process.key}: paid`, process.paid, paid, ({ sender }) =>
        sender?.process === process ? process.key : sender?.process.packageKey,
      )
      auditPool(`${process.key}: unpaid`, process.unpaid, unpaid, ({ message }) =>
        message.source.node === OUR_NAME ? undefined : message.source.node,
      )
      // Beyond its share, a package may have one that is awaited; the last one in may be long.
      for (const [name, share] of process.paid.shares) {
        if (share.messages > PAID_MAX.messages / 2 + 1) throw new Error(`${process.key}: ${share.messages} of ${name}`)
        const bytes = PAID_MAX.bytes / 2 + 2 * GUEST_CREDITS.bytes
        if (share.bytes > bytes) throw new Error(`${process.key}: ${share.bytes} bytes of ${name}`)
      }
      if (process.paid.messages > PAID_MAX.messages + process.paid.shares.size)
        throw new Error(`${process.key}: ${process.paid.messages} messages paid for`)
      if (phase.kind !== 'module') same(`${process.key}: bytes`, process.inbox.bytes, sum(mails))
      for (const { sender, bytes, lent } of mails) {
        if (sender === undefined || lent || sender.ended) continue
        const owed = owing.get(sender) ?? { messages: 0, bytes: 0 }
        owing.set(sender, { messages: owed.messages + 1, bytes: owed.bytes + bytes })
      }
    }
    for (const { phase } of this.kernel.processes.values()) {
      if (phase.kind === 'running') this.#auditInstance(phase.instance, owing.get(phase.instance))
    }
    for (const subject of openTimers) if (!this.#timers.has(subject)) throw new Error('a deadline without a timer')
    for (const [subject, { timer }] of this.#timers) {
      if (openTimers.has(subject)) continue
      const process = timer.kind === 'restart' ? timer.subject : timer.process
      throw new Error(`a timer without a deadline: ${timer.kind} of ${process.key}, ${process.phase.kind}`)
    }
  }

  #auditInstance(instance: Instance, owing: Load = { messages: 0, bytes: 0 }): void {
    const credits = this.#credits.get(instance)
    const { key } = instance.process
    same(`${key}: owed messages`, instance.owed.messages, GUEST_CREDITS.messages - (credits?.messages ?? 0))
    same(`${key}: owed bytes`, instance.owed.bytes, GUEST_CREDITS.bytes - (credits?.bytes ?? 0))
    same(`${key}: messages that wait and were not lent`, owing.messages, instance.owed.messages)
    same(`${key}: bytes that wait and were not lent`, owing.bytes, instance.owed.bytes)
    if (instance.waiting !== undefined && !this.#asking.has(instance)) throw new Error(`${key} waits but does not ask`)
  }
}

const BYTES = new Uint8Array(5_000_000)

function isPaid({ sender }: Mail): boolean {
  return sender !== undefined
}

function auditPool(what: string, pool: Pool, mails: readonly Mail[], nameOf: (mail: Mail) => string | undefined): void {
  same(`${what}: messages`, pool.messages, mails.length)
  same(`${what}: bytes`, pool.bytes, sum(mails))
  const shares = Map.groupBy(mails, nameOf)
  shares.delete(undefined)
  const empty = [...pool.shares.values()].filter(({ messages }) => messages === 0)
  same(`${what}: bytes of shares without messages`, Math.max(0, ...empty.map(({ bytes }) => bytes)), 0)
  same(`${what}: senders`, pool.shares.size - empty.length, shares.size)
  for (const [name, theirs] of shares) {
    const share = name === undefined ? undefined : pool.shares.get(name)
    same(`${what}: messages of ${name}`, share?.messages, theirs.length)
    same(`${what}: bytes of ${name}`, share?.bytes, sum(theirs))
  }
}

function same(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: ${String(found)}, expected ${String(expected)}`)
}

function sum(mails: readonly Mail[]): number {
  return mails.reduce((total, { bytes }) => total + bytes, 0)
}

function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
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
