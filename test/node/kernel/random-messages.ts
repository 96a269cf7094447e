import {
  json,
  type KernelCommand,
  kernelCommandJson,
  type KernelMessage,
  parseAddress,
  parseProcessId,
} from '@hyperware/protocol'
import type { KernelEvent } from '../../../node/kernel/effects.ts'
import type { Random } from './random.ts'

export const NAMES = ['a', 'b', 'c', 'd']
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

const BYTES = new Uint8Array(5_000_000)

/** What is said at random, to processes of these names and past them. */
export class RandomMessages {
  readonly #random: Random
  readonly #nextId: () => bigint
  readonly #openIds: () => readonly bigint[]

  /** `openIds` are those of requests that wait for a response. */
  constructor(random: Random, nextId: () => bigint, openIds: () => readonly bigint[]) {
    this.#random = random
    this.#nextId = nextId
    this.#openIds = openIds
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[this.#random(from.length)]
  }

  command(): KernelEvent {
    const id = parseProcessId(`${this.pick(NAMES)}:test:alice.os`)
    const onExit = this.#random(2) === 0 ? ({ kind: 'restart' } as const) : ({ kind: 'none' } as const)
    const initialize: KernelCommand = {
      kind: 'InitializeProcess',
      id,
      wasmBytesHandle: '',
      witVersion: 1,
      onExit,
      initialCapabilities: [],
      public: true,
    }
    const commands: KernelCommand[] = [
      initialize,
      initialize,
      { kind: 'RunProcess', id },
      { kind: 'RunProcess', id },
      { kind: 'RunProcess', id },
      { kind: 'KillProcess', id },
      { kind: 'SetOnExit', target: id, onExit },
      { kind: 'Debug', question: { kind: 'Process', id } },
    ]
    const command: KernelCommand = this.pick(commands) ?? { kind: 'Booted' }
    const body = json.encodeWith(kernelCommandJson, command)
    const message = this.message('our', 'tester:distro:sys')
    return {
      kind: 'send',
      message: {
        ...message,
        target: parseAddress('our@kernel:distro:sys'),
        message: { ...this.parts(), kind: 'request', expectsResponse: 5n, body, capabilities: [] },
        blob: { mime: undefined, bytes: new Uint8Array(1) },
      },
    }
  }

  message(node: string, process: string): KernelMessage {
    const kind = this.#random(2)
    const parts = { ...this.parts(), capabilities: [] }
    const known = this.pick(this.#openIds())
    return {
      id: known !== undefined && this.#random(2) === 0 ? known : this.#nextId(),
      source: { node, process: parseProcessId(process === 'x' ? 'x:test:bob.os' : process) },
      target: parseAddress(this.pick(TARGETS) ?? ''),
      rsvp: this.#random(3) === 0 ? parseAddress(this.pick(TARGETS) ?? '') : undefined,
      message:
        kind === 0
          ? { ...parts, kind: 'request', expectsResponse: this.#seconds() }
          : { ...parts, kind: 'response', context: undefined },
      blob: parts.blob,
    }
  }

  request() {
    return { ...this.parts(), target: parseAddress(this.pick(TARGETS) ?? ''), expectsResponse: this.#seconds() }
  }

  parts() {
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
    return this.pick([undefined, undefined, 0n, 1n, 5n, 2n ** 64n - 1n])
  }
}
