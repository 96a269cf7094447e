import { json, kernelCommandJson, type KernelCommand, type KernelMessage } from '@hyperware/protocol'
import { type Capability, capabilityBytes, parseAddress, parseProcessId } from '@hyperware/protocol'
import { expect, test } from 'vitest'
import type { GuestEvent, GuestKernel, GuestRunner } from '../../../node/kernel/guest.ts'
import { createTestKernel, idle, OUR_NAME, TESTER, testSign, testVerify, type TestKernel } from './kernel-fixture.ts'
import { createRandom, type Random } from './random.ts'
import { type Action, allActions, apply, emptyState, has, isEnabled, type Universe } from './rights-model.ts'

/**
 * The kernel follows the model: a random walk through all that three processes and another node can do with nine
 * capabilities, compared after every step. A million steps, as before a release:
 *   KERNEL_WALK_STEPS=1000000 npx vitest run test/node/kernel/rights-walk.test.ts
 */
const STEPS = Number(process.env['KERNEL_WALK_STEPS'] ?? 200_000)
const SEED = Number(process.env['KERNEL_WALK_SEED'] ?? Date.now() % 2 ** 31)

const PROCESSES = ['a', 'b', 'c']
const UNIVERSE: Universe = {
  publics: [false, true, false],
  capabilities: [
    { issuer: 0, kind: 'messaging' },
    { issuer: 1, kind: 'messaging' },
    { issuer: 2, kind: 'messaging' },
    { issuer: 'kernel', kind: 'network' },
    { issuer: 0, kind: 'plain' },
    { issuer: 1, kind: 'plain' },
    { issuer: 2, kind: 'plain' },
    { issuer: 'foreign', kind: 'plain' },
    { issuer: 'foreign', kind: 'plain' },
  ],
}

const IDS = PROCESSES.map((process) => parseProcessId(`${process}:test:alice.os`))
const idOf = (process: number) => IDS[process] ?? TESTER

/** In two forms, so that equality by meaning is walked through too. */
function capabilityOf(index: number, form: number): Capability {
  const { issuer, kind } = UNIVERSE.capabilities[index] ?? { issuer: 'kernel', kind: 'plain' }
  const node = issuer === 'foreign' ? 'bob.os' : OUR_NAME
  const process = issuer === 'kernel' ? parseProcessId('kernel:distro:sys') : idOf(issuer === 'foreign' ? 0 : issuer)
  if (kind !== 'plain') return { issuer: { node, process }, params: form === 0 ? `"${kind}"` : ` "${kind}" ` }
  const params = form === 0 ? `{"n":${index},"may":true}` : `{ "may": true, "n": ${index} }`
  return { issuer: { node, process }, params }
}

const CAPABILITIES = UNIVERSE.capabilities.map((_, index) => capabilityOf(index, 0))

type Puppet = { readonly kernel: GuestKernel; heard: GuestEvent[] }

class Walk {
  readonly puppets = new Map<number, Puppet>()
  readonly test: TestKernel
  readonly #random: Random
  #foreignSignature = 0

  constructor(random: Random) {
    this.#random = random
    const runner: GuestRunner = {
      prepare: (wasm) => Promise.resolve({ sizeBytes: wasm.length }),
      start: ({ our, kernel }) => {
        const process = PROCESSES.indexOf(our.process.process)
        const puppet: Puppet = { kernel, heard: [] }
        this.puppets.set(process, puppet)
        // Always receiving, so that what reaches it is heard at once.
        const receive = (): void =>
          kernel.ask({ kind: 'receive' }, (answer) => {
            if (answer.kind === 'event') puppet.heard.push(answer.event)
            receive()
          })
        receive()
        const usage = () => Promise.resolve({ cpuMs: 0, memoryBytes: 0 })
        return { kill: () => Promise.resolve(), usage, giveCredit: () => undefined }
      },
    }
    this.test = createTestKernel({ runner })
  }

  /** Does it to the kernel; says what could be seen. */
  async act(action: Action): Promise<{ reached: boolean; attached: boolean }> {
    for (const puppet of this.puppets.values()) puppet.heard = []
    this.test.sent.length = 0
    this.test.prints.length = 0
    const { kernel } = this.test
    const puppet = this.puppets.get(action.process)
    const capability = 'capability' in action ? capabilityOf(action.capability, this.#random(2)) : undefined
    switch (action.kind) {
      case 'initialize':
        await this.#initialize(action.process)
        return { reached: true, attached: false }
      case 'kill':
        this.#command({ kind: 'KillProcess', id: idOf(action.process) })
        this.puppets.delete(action.process)
        return { reached: true, attached: false }
      case 'grant': {
        // Of what others issue, only who holds it has the signature: from abroad is how it comes in.
        if (capability !== undefined) await kernel.grant(idOf(action.process), [capability])
        return { reached: true, attached: false }
      }
      case 'save':
      case 'drop': {
        const kind = action.kind === 'save' ? 'save-capabilities' : 'drop-capabilities'
        puppet?.kernel.act({ kind, capabilities: capability === undefined ? [] : [capability] })
        return { reached: true, attached: false }
      }
      case 'send':
      case 'send-abroad':
        return this.#send(action, puppet, capability)
      case 'arrive':
        return this.#arrive(action, capability)
    }
  }

  #send(
    action: Extract<Action, { kind: 'send' | 'send-abroad' }>,
    puppet: Puppet | undefined,
    capability: Capability | undefined,
  ): { reached: boolean; attached: boolean } {
    const target =
      action.kind === 'send' ? { node: 'our', process: idOf(action.target) } : parseAddress('bob.os@x:test:bob.os')
    const body = new Uint8Array(0)
    const parts = { inherit: false, expectsResponse: undefined, body, metadata: undefined, blob: undefined }
    const request = { ...parts, target, capabilities: capability === undefined ? [] : [capability] }
    puppet?.kernel.act({ kind: 'send', requests: [{ request, context: undefined }] })
    if (action.kind === 'send') return this.#heardBy(action.target, action.process)
    const [message] = this.test.sent
    for (const signed of message?.message.capabilities ?? []) {
      const ours = signed.capability.issuer.node === OUR_NAME
      expect(testVerify(capabilityBytes(signed.capability), signed.signature)).toBe(ours)
    }
    return { reached: message !== undefined, attached: (message?.message.capabilities.length ?? 0) > 0 }
  }

  #arrive(
    action: Extract<Action, { kind: 'arrive' }>,
    capability: Capability | undefined,
  ): { reached: boolean; attached: boolean } {
    if (capability === undefined) return { reached: false, attached: false }
    this.#foreignSignature = (this.#foreignSignature + 1) % 256
    const ours = capability.issuer.node === OUR_NAME && action.genuine
    const signature = ours ? testSign(capabilityBytes(capability)) : new Uint8Array(64).fill(this.#foreignSignature)
    const message: KernelMessage = {
      id: 1n,
      source: parseAddress('bob.os@x:test:bob.os'),
      target: { node: 'our', process: idOf(action.process) },
      rsvp: undefined,
      message: {
        kind: 'request',
        inherit: false,
        expectsResponse: undefined,
        body: new Uint8Array(0),
        metadata: undefined,
        capabilities: [{ capability, signature }],
      },
      blob: undefined,
    }
    this.test.kernel.receive(message)
    return this.#heardBy(action.process, undefined)
  }

  #heardBy(target: number, source: number | undefined): { reached: boolean; attached: boolean } {
    const [event] = this.puppets.get(target)?.heard ?? []
    if (event?.kind !== 'request') return { reached: false, attached: false }
    // Nobody speaks in another's name.
    const expected = source === undefined ? 'bob.os' : PROCESSES[source]
    expect(source === undefined ? event.source.node : event.source.process.process).toBe(expected)
    return { reached: true, attached: event.request.capabilities.length > 0 }
  }

  async #initialize(process: number): Promise<void> {
    const id = idOf(process)
    const made = { wasmBytesHandle: '', witVersion: 1, onExit: { kind: 'none' }, initialCapabilities: [] } as const
    this.#command({ kind: 'InitializeProcess', id, ...made, public: UNIVERSE.publics[process] === true }, true)
    await idle()
    this.#command({ kind: 'RunProcess', id })
  }

  #command(command: KernelCommand, wasm = false): void {
    this.test.kernel.send({
      id: 1n,
      source: { node: 'our', process: TESTER },
      target: parseAddress('our@kernel:distro:sys'),
      rsvp: undefined,
      message: {
        kind: 'request',
        inherit: false,
        expectsResponse: undefined,
        body: json.encodeWith(kernelCommandJson, command),
        metadata: undefined,
        capabilities: [],
      },
      blob: wasm ? { mime: undefined, bytes: new Uint8Array(1) } : undefined,
    })
    this.test.heard.length = 0
  }
}

test(
  `the kernel follows the model over ${STEPS} random steps (seed ${SEED})`,
  async () => {
    const random = createRandom(SEED)
    const walk = new Walk(random)
    // The kernel's own authority gives what this node issues; ends and starts are rare, so that rights can gather.
    const all = allActions(UNIVERSE).filter(
      (action) => action.kind !== 'grant' || UNIVERSE.capabilities[action.capability]?.issuer !== 'foreign',
    )
    const rare = all.filter(({ kind }) => kind === 'initialize' || kind === 'kill')
    const common = all.filter(({ kind }) => kind !== 'initialize' && kind !== 'kill')
    let state = emptyState(UNIVERSE)
    let taken = 0
    const counts = new Map<string, number>()
    while (taken < STEPS) {
      const from = random(20) === 0 ? rare : common
      const action = from[random(from.length)]
      if (action === undefined || !isEnabled(UNIVERSE, state, action)) continue
      if (action.kind === 'kill' && random(5) > 0) continue
      taken += 1
      const expected = apply(UNIVERSE, state, action)
      // Only so many new signatures go abroad at a time.
      walk.test.clock.nowMs += 4
      const seen = await walk.act(action)
      const before = state
      const where = () => `step ${taken} of seed ${SEED}: ${JSON.stringify(action)} after ${JSON.stringify(before)}`
      if (seen.reached !== expected.reached || seen.attached !== expected.attached) {
        expect(seen, where()).toEqual({ reached: expected.reached, attached: expected.attached })
      }
      ;({ state } = expected)
      // Who acted after every step; everybody when somebody came or went, and now and then.
      const everybody = from === rare || taken % 50 === 0
      for (const process of everybody ? PROCESSES.keys() : [action.process]) {
        for (const [index, capability] of CAPABILITIES.entries()) {
          const held = walk.test.kernel.has(idOf(process), capability)
          const should = has(state.held[process] ?? 0, index)
          if (held !== should) expect(held, `${where()}: ${PROCESSES[process]} and ${index}`).toBe(should)
        }
      }
      const what = `${action.kind} ${expected.reached ? 'reached' : 'refused'} ${expected.attached ? 'with' : 'without'}`
      counts.set(what, (counts.get(what) ?? 0) + 1)
    }
    // The walk has been everywhere: each action, and each outcome of it.
    expect([...counts.keys()].toSorted()).toEqual([
      'arrive reached with',
      'arrive reached without',
      'arrive refused without',
      'drop reached without',
      'grant reached without',
      'initialize reached without',
      'kill reached without',
      'save reached without',
      'send reached with',
      'send reached without',
      'send refused without',
      'send-abroad reached with',
      'send-abroad reached without',
      'send-abroad refused without',
    ])
    await walk.test.kernel.stop()
  },
  300_000 + STEPS,
)
