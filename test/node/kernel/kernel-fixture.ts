import { createHash } from 'node:crypto'
import { json, type KernelAnswer, kernelAnswerJson, type KernelCommand, kernelCommandJson } from '@hyperware/protocol'
import {
  type Capability,
  type KernelMessage,
  parseAddress,
  parseProcessId,
  type ProcessId,
  utf8ToBytes,
} from '@hyperware/protocol'
import type { Delivery, Print } from '../../../node/kernel/effects.ts'
import type { OnExit } from '../../../node/kernel/guest.ts'
import {
  type KernelLoop,
  type LoopDeps,
  type ModuleInbox,
  runtimeModule,
  startKernel,
} from '../../../node/kernel/loop.ts'
import { createMemoryStore, type KernelStore } from '../../../node/kernel/store.ts'
import { never } from './events.ts'
import { createScriptedRunner, type Script } from './scripted.ts'

export const OUR_NAME = 'alice.os'

/** Timers that fire when the test says so. */
export class FakeClock {
  nowMs = 1_000
  readonly #timers = new Set<{ atMs: number; callback: () => void }>()

  readonly now = (): number => this.nowMs
  readonly schedule = (callback: () => void, waitMs: number): (() => void) => {
    const timer = { atMs: this.nowMs + waitMs, callback }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Fires everything that is due on the way, in order; scripts run between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.nowMs = Math.max(this.nowMs, due.atMs)
      this.#timers.delete(due)
      due.callback()
      await idle()
    }
    this.nowMs = endMs
    await idle()
  }
}

/** Lets every script go on until it waits for the kernel. */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Not a signature that anybody else could check, but one that only this "key" makes. */
export function testSign(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha512').update('key of alice').update(bytes).digest())
}

export function testVerify(bytes: Uint8Array, signature: Uint8Array): boolean {
  return Buffer.from(testSign(bytes)).equals(signature)
}

export type TestKernel = {
  readonly kernel: KernelLoop
  readonly clock: FakeClock
  readonly prints: Print[]
  /** What net was handed. */
  readonly sent: KernelMessage[]
  /** What the test's own module, `tester:distro:sys`, was handed. */
  readonly heard: Delivery[]
  readonly store: KernelStore
  readonly scripts: Map<string, Script>
  /** Gives a command as the tester, which holds everything that modules hold; answers with what the kernel says. */
  command: (
    command: KernelCommand,
    options?: { wasm?: string | Uint8Array; metadata?: string },
  ) => Promise<KernelAnswer | undefined>
  /** Initializes and runs a process whose code is the script. */
  launch: (id: string, script: Script, options?: LaunchOptions) => Promise<void>
  printed: (verbosity: number) => readonly string[]
}

export type LaunchOptions = {
  onExit?: OnExit
  public?: boolean
  capabilities?: readonly Capability[]
  run?: boolean
}

export const TESTER: ProcessId = runtimeModule('tester')

let scriptCount = 0

export function createTestKernel(overrides: Partial<LoopDeps> & { modules?: readonly ModuleInbox[] } = {}): TestKernel {
  const clock = new FakeClock()
  const prints: Print[] = []
  const sent: KernelMessage[] = []
  const heard: Delivery[] = []
  const scripts = new Map<string, Script>()
  const store = overrides.store ?? createMemoryStore()
  let ids = 0n
  const kernel = startKernel({
    ourName: OUR_NAME,
    randomId: () => (ids += 1n) + 2n ** 60n,
    sign: testSign,
    verify: testVerify,
    transmit: (message) => void sent.push(message),
    now: clock.now,
    schedule: clock.schedule,
    print: (print) => void prints.push(print),
    runner: createScriptedRunner(scripts),
    memoryMaxBytes: 1 << 20,
    shutDown: () => undefined,
    ...overrides,
    store,
    modules: [
      { id: TESTER, public: true, inbox: (delivery) => void heard.push(delivery) },
      ...(overrides.modules ?? []),
    ],
  })
  let commandId = 0n

  async function command(
    value: KernelCommand,
    { wasm, metadata }: { wasm?: string | Uint8Array; metadata?: string } = {},
  ): Promise<KernelAnswer | undefined> {
    commandId += 1n
    const id = commandId
    kernel.send({
      id,
      source: { node: 'our', process: TESTER },
      target: parseAddress('our@kernel:distro:sys'),
      rsvp: undefined,
      message: {
        kind: 'request',
        inherit: false,
        expectsResponse: 5n,
        body: json.encodeWith(kernelCommandJson, value),
        metadata,
        capabilities: [],
      },
      blob:
        wasm === undefined
          ? undefined
          : { mime: undefined, bytes: typeof wasm === 'string' ? utf8ToBytes(wasm) : wasm },
    })
    await idle()
    const answer = heard.find((each) => each.kind === 'message' && each.message.id === id)
    if (answer?.kind !== 'message') return undefined
    const read = json.decodeWith(kernelAnswerJson, 'the answer', answer.message.message.body)
    if (!read.ok) throw new Error(read.problem)
    return read.value
  }

  return {
    kernel,
    clock,
    prints,
    sent,
    heard,
    store,
    scripts,
    command,
    async launch(text, script, options = {}) {
      const { onExit = { kind: 'none' }, capabilities = [], run = true } = options
      const id = parseProcessId(text)
      scriptCount += 1
      const name = `script-${scriptCount}`
      scripts.set(name, script)
      const made = await command(
        {
          kind: 'InitializeProcess',
          id,
          wasmBytesHandle: `/${id.package}:${id.publisher}/pkg/${name}`,
          witVersion: 1,
          onExit,
          initialCapabilities: [],
          public: options.public ?? false,
        },
        { wasm: name },
      )
      if (made?.kind !== 'InitializedProcess') throw new Error(`${text}: ${String(made?.kind)}`)
      await kernel.grant(id, capabilities)
      if (run) await command({ kind: 'RunProcess', id })
      await idle()
    },
    printed: (verbosity) => prints.filter((print) => print.verbosity === verbosity).map(({ text }) => text),
  }
}

/** Its vfs has one component, of the script `never`. */
export function createKernelThatSpawns(): TestKernel {
  const test = createTestKernel({ modules: [{ id: runtimeModule('vfs'), public: true, inbox: answerRead }] })
  function answerRead(delivery: Delivery): void {
    if (delivery.kind !== 'message') return
    const { id, target: source, source: target } = delivery.message
    const said = { inherit: false, body: new Uint8Array(0), metadata: undefined, capabilities: [], context: undefined }
    const blob = { mime: undefined, bytes: utf8ToBytes('never') }
    test.kernel.send({ id, source, target, rsvp: undefined, message: { kind: 'response', ...said }, blob })
  }
  test.scripts.set('never', never)
  return test
}
