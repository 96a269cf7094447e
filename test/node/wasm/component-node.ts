import {
  formatProcessId,
  json,
  type KernelAnswer,
  kernelAnswerJson,
  type KernelCommand,
  kernelCommandJson,
  type KernelMessage,
  OUR,
  parseAddress,
  parseProcessId,
  type ProcessAddress,
  type ProcessId,
} from '@hyperware/protocol'
import {
  type Delivery,
  type KernelLoop,
  type ModuleInbox,
  runtimeModule,
  startKernel,
} from '../../../node/kernel/loop.ts'
import { createMemoryStore, type KernelStore } from '../../../node/kernel/store.ts'
import type { ComponentRunner } from '../../../node/wasm/runner.ts'

/** A kernel that runs real components, and a module of it that speaks to them. */
export type ComponentNode = {
  readonly kernel: KernelLoop
  /** What processes printed, the first thousand, and how often each printed. */
  readonly prints: string[]
  readonly printCounts: Map<string, number>
  /** Starts `NAME:app:pub.os`, or what a whole process id names, which anybody here may message. */
  readonly launch: (name: string, wasm: Uint8Array) => Promise<void>
  /** Gives the body of the response. */
  readonly request: (name: string, body: Uint8Array) => Promise<Uint8Array>
  readonly kill: (name: string) => Promise<void>
  readonly usage: (name: string) => Promise<{ readonly cpuMs: number; readonly memoryBytes: number }>
  readonly stop: () => Promise<void>
}

const TESTER: ProcessAddress = { node: OUR, process: runtimeModule('tester') }
const KERNEL = parseAddress('our@kernel:distro:sys')
const PRINTS_MAX = 1_000

function processOf(name: string): ProcessId {
  return name.includes(':') ? parseProcessId(name) : { process: name, package: 'app', publisher: 'pub.os' }
}

export function startComponentNode(
  runner: ComponentRunner,
  {
    memoryMaxBytes,
    modules = [],
    store = createMemoryStore(),
  }: {
    readonly memoryMaxBytes: number
    readonly modules?: readonly ModuleInbox[]
    readonly store?: KernelStore
  },
): ComponentNode {
  const prints: string[] = []
  const printCounts = new Map<string, number>()
  const waiting = new Map<bigint, PromiseWithResolvers<KernelMessage>>()
  let lastId = 0n
  let lastKernelId = 2n ** 63n

  function hear(delivery: Delivery): void {
    const { message } = delivery.kind === 'message' ? delivery : delivery.error
    const waiter = waiting.get(message.id)
    waiting.delete(message.id)
    if (delivery.kind === 'message') waiter?.resolve(message)
    else waiter?.reject(new Error(`the request ended in ${delivery.error.kind}: ${delivery.error.reason}`))
  }

  const kernel = startKernel({
    ourName: 'alice.os',
    modules: [{ id: TESTER.process, public: true, inbox: hear }, ...modules],
    randomId: () => (lastKernelId += 1n),
    sign: () => new Uint8Array(64),
    verify: () => false,
    transmit: () => undefined,
    now: () => performance.now(),
    print: ({ source, text }) => {
      if (prints.length < PRINTS_MAX) prints.push(text)
      const key = formatProcessId(source)
      printCounts.set(key, (printCounts.get(key) ?? 0) + 1)
    },
    store,
    runner,
    memoryMaxBytes,
    shutDown: () => undefined,
  })

  async function send(target: ProcessAddress, body: Uint8Array, wasm?: Uint8Array): Promise<KernelMessage> {
    lastId += 1n
    const answered = Promise.withResolvers<KernelMessage>()
    waiting.set(lastId, answered)
    const accepted = kernel.send({
      id: lastId,
      source: TESTER,
      target,
      rsvp: undefined,
      message: {
        kind: 'request',
        inherit: false,
        expectsResponse: 60n,
        body,
        metadata: undefined,
        capabilities: [],
      },
      blob: wasm && { mime: undefined, bytes: wasm },
    })
    if (!accepted) throw new Error('the kernel did not take the request')
    return answered.promise
  }

  async function command(value: KernelCommand, expected: KernelAnswer['kind'], wasm?: Uint8Array): Promise<void> {
    const { message } = await send(KERNEL, json.encodeWith(kernelCommandJson, value), wasm)
    const answer = json.decodeWith(kernelAnswerJson, 'the answer of the kernel', message.body)
    if (answer.ok && answer.value.kind === expected) return
    throw new Error(
      `${value.kind} was answered with ${answer.ok ? answer.value.kind : answer.problem}: ${prints.at(-1)}`,
    )
  }

  return {
    kernel,
    prints,
    printCounts,
    launch: async (name, wasm) => {
      const id = processOf(name)
      const made = { wasmBytesHandle: `/app:pub.os/pkg/${name}.wasm`, witVersion: 1, initialCapabilities: [] }
      await command(
        { kind: 'InitializeProcess', id, ...made, onExit: { kind: 'none' }, public: true },
        'InitializedProcess',
        wasm,
      )
      await command({ kind: 'RunProcess', id }, 'StartedProcess')
    },
    request: async (name, body) => {
      const response = await send({ node: OUR, process: processOf(name) }, body)
      return response.message.body
    },
    kill: async (name) => command({ kind: 'KillProcess', id: processOf(name) }, 'KilledProcess'),
    usage: async (name) => {
      const all = await kernel.diagnostics()
      const found = all.find(({ id }) => id === formatProcessId(processOf(name)))
      if (found?.usage === undefined) throw new Error(`${name} does not run`)
      return found.usage
    },
    stop: () => kernel.stop(),
  }
}
