import {
  bytesToUtf8,
  type Blob,
  type Capability,
  capabilityBytes,
  decodeJson,
  formatAddress,
  formatProcessId,
  json,
  type JsonValue,
  type KernelMessage,
  type KernelRequest,
  type KernelResponse,
  onExitJson,
  parseAddress,
  parseProcessId,
  replyTarget,
  type SignedCapability,
  utf8ToBytes,
} from '@hyperware/protocol'
import { expect } from 'vitest'
import type { Delivery } from '../../../node/kernel/effects.ts'
import type { GuestAnswer, GuestEvent, GuestKernel, GuestQuestion, GuestRunner } from '../../../node/kernel/guest.ts'
import { createTestKernel, idle, OUR_NAME, type TestKernel, testSign, testVerify } from './kernel-fixture.ts'

/** The form of the files in `test/conformance/kernel`, described in their README. */
export type Case = {
  title: string
  processes?: Record<string, ProcessSetup>
  modules?: string[]
  steps: Step[]
}
type ProcessSetup = { public?: boolean; onExit?: JsonValue; holds?: CapabilityText[]; run?: boolean }
type CapabilityText = string | { issuer: string; params: string; signed?: boolean }
type Said = {
  to?: string
  from?: string
  body?: string
  json?: JsonValue
  expects?: number | null
  inherit?: boolean
  blob?: string | null
  metadata?: string | null
  context?: string | null
  capabilities?: CapabilityText[]
  id?: string
  rsvp?: string | null
}
type Expected =
  | { request?: Said; response?: Said; error?: string; target?: string; context?: string | null; blob?: string | null }
  | 'nothing'
  | { trap: true }
type Passing = { id?: string; from?: string; to?: string; rsvp?: string | null; request?: Said; response?: Said }
type Step = {
  as?: string
  send?: Said
  respond?: Said
  receive?: Expected
  await?: Said
  awaited?: Expected
  getState?: string | null
  setState?: string
  clearState?: true
  save?: CapabilityText[]
  drop?: CapabilityText[]
  capabilities?: CapabilityText[]
  setOnExit?: JsonValue
  spawn?: {
    name?: string
    path: string
    onExit?: JsonValue
    request?: CapabilityText[]
    grant?: [string, string][]
    public?: boolean
  }
  spawned?: string
  exit?: 'returned' | 'trapped'
  network?: Passing
  transmitted?: Passing | 'nothing'
  offline?: true
  advance?: number
  runs?: boolean
  holds?: { capability: CapabilityText; is: boolean }
}

/** A guest that does what the steps say, and nothing by itself. */
type Puppet = { readonly kernel: GuestKernel; answers: GuestAnswer[]; asking: string | undefined }

/** Carries out a case against the real loop. Throws at the first expectation that does not hold. */
export async function play(input: Case): Promise<void> {
  const puppets = new Map<string, Puppet>()
  const heard = new Map<string, Delivery[]>()
  const test = createTestKernel({
    runner: createPuppeteer(puppets),
    modules: (input.modules ?? []).map((id) => {
      const deliveries: Delivery[] = []
      heard.set(id, deliveries)
      return { id: parseProcessId(id), public: false, inbox: (delivery) => void deliveries.push(delivery) }
    }),
  })
  const scene: Scene = { test, puppets, heard, lastReceived: new Map(), lastTransmitted: undefined, ids: 0n }
  for (const [id, setup] of Object.entries(input.processes ?? {})) await initialize(test, id, setup)
  for (const [index, step] of input.steps.entries()) {
    try {
      await carryOut(scene, step)
      await idle()
    } catch (error) {
      throw new Error(`step ${index + 1}, ${JSON.stringify(step)}`, { cause: error })
    }
  }
  await test.kernel.stop()
}

type Scene = {
  readonly test: TestKernel
  readonly puppets: Map<string, Puppet>
  readonly heard: Map<string, Delivery[]>
  readonly lastReceived: Map<string, KernelMessage>
  lastTransmitted: KernelMessage | undefined
  ids: bigint
}

function createPuppeteer(puppets: Map<string, Puppet>): GuestRunner {
  return {
    prepare: (wasm) => {
      if (new TextDecoder().decode(wasm) !== 'component:idle') return Promise.reject(new Error('not a component'))
      return Promise.resolve({ sizeBytes: wasm.length })
    },
    start({ our, kernel }) {
      const id = formatProcessId(our.process)
      puppets.set(id, { kernel, answers: [], asking: undefined })
      return {
        kill() {
          puppets.delete(id)
          return Promise.resolve()
        },
        usage: () => Promise.resolve({ cpuMs: 0, memoryBytes: 0 }),
        giveCredit: () => undefined,
      }
    },
  }
}

async function initialize({ command, kernel }: TestKernel, text: string, setup: ProcessSetup): Promise<void> {
  const id = parseProcessId(text)
  const answer = await command(
    {
      kind: 'InitializeProcess',
      id,
      wasmBytesHandle: `/${id.package}:${id.publisher}/pkg/${id.process}.wasm`,
      witVersion: 1,
      onExit: onExitOf(setup.onExit),
      initialCapabilities: [],
      public: setup.public ?? false,
    },
    { wasm: 'component:idle' },
  )
  expect(answer).toEqual({ kind: 'InitializedProcess' })
  await kernel.grant(id, (setup.holds ?? []).map(capabilityOf))
  if (setup.run ?? true) expect(await command({ kind: 'RunProcess', id })).toEqual({ kind: 'StartedProcess' })
}

function onExitOf(text: JsonValue = 'None') {
  const read = json.fromJsonWith(onExitJson, 'onExit', text)
  if (!read.ok) throw new Error(read.problem)
  return read.value
}

function capabilityOf(text: CapabilityText): Capability {
  if (text === 'network') return { issuer: parseAddress(`${OUR_NAME}@kernel:distro:sys`), params: '"network"' }
  if (typeof text === 'string') return { issuer: parseAddress(`${OUR_NAME}@${text}`), params: '"messaging"' }
  return { issuer: parseAddress(text.issuer), params: text.params }
}

function signedOf(text: CapabilityText): SignedCapability {
  const capability = capabilityOf(text)
  const genuine = typeof text === 'string' || text.signed !== false
  return { capability, signature: genuine ? testSign(capabilityBytes(capability)) : new Uint8Array(64) }
}

async function carryOut(scene: Scene, step: Step): Promise<void> {
  if (step.advance !== undefined) return scene.test.clock.advance(step.advance * 1_000)
  if (step.network !== undefined) return scene.test.kernel.receive(passing(scene, step.network))
  if (step.transmitted !== undefined) return expectTransmitted(scene, step.transmitted)
  if (step.offline !== undefined) return reportOffline(scene)
  const id = fullId(scene, step.as ?? '')
  if (step.runs !== undefined) return expect(scene.puppets.has(id), 'runs').toBe(step.runs)
  if (step.holds !== undefined) {
    const held = scene.test.kernel.has(parseProcessId(id), capabilityOf(step.holds.capability))
    return expect(held, 'holds').toBe(step.holds.is)
  }
  if (scene.heard.has(id)) return actAsModule(scene, id, step)
  actAsGuest(scene, id, step)
  await idle()
  expectOfGuest(scene, id, step)
}

function fullId(scene: Scene, short: string): string {
  const ids = [...scene.heard.keys(), ...scene.puppets.keys()]
  return ids.find((id) => id === short || id.startsWith(`${short}:`)) ?? short
}

function puppetOf(scene: Scene, id: string): Puppet {
  const puppet = scene.puppets.get(id)
  if (puppet === undefined) throw new Error(`${id} does not run`)
  return puppet
}

function actAsGuest(scene: Scene, id: string, step: Step): void {
  const puppet = puppetOf(scene, id)
  const { kernel } = puppet
  const ask = (question: GuestQuestion): void => {
    // A receive that got nothing is still open.
    if (puppet.asking !== undefined) return expect(question.kind, 'still asking').toBe(puppet.asking)
    puppet.asking = question.kind
    kernel.ask(question, (answer) => {
      puppet.asking = undefined
      puppet.answers.push(answer)
    })
  }
  if (step.send !== undefined) {
    const { context } = step.send
    const requests = [{ request: guestRequest(step.send), context: context ? utf8ToBytes(context) : undefined }]
    kernel.act({ kind: 'send', requests })
  }
  if (step.respond !== undefined) kernel.act({ kind: 'respond', response: guestParts(step.respond) })
  if (step.receive !== undefined) ask({ kind: 'receive' })
  if (step.await !== undefined) ask({ kind: 'send-and-await', request: guestRequest(step.await) })
  if (step.getState !== undefined) ask({ kind: 'get-state' })
  if (step.setState !== undefined) ask({ kind: 'set-state', bytes: utf8ToBytes(step.setState) })
  if (step.clearState !== undefined) ask({ kind: 'clear-state' })
  if (step.save !== undefined) kernel.act({ kind: 'save-capabilities', capabilities: step.save.map(capabilityOf) })
  if (step.drop !== undefined) kernel.act({ kind: 'drop-capabilities', capabilities: step.drop.map(capabilityOf) })
  if (step.capabilities !== undefined) ask({ kind: 'our-capabilities' })
  if (step.setOnExit !== undefined) kernel.act({ kind: 'set-on-exit', onExit: onExitOf(step.setOnExit) })
  if (step.spawn !== undefined) ask(spawnQuestion(step.spawn))
  if (step.exit !== undefined) {
    scene.puppets.delete(id)
    kernel.exited(step.exit === 'returned' ? { kind: 'returned' } : { kind: 'trapped', reason: 'as the step says' })
  }
}

function spawnQuestion(spawn: NonNullable<Step['spawn']>): GuestQuestion {
  return {
    kind: 'spawn',
    spawn: {
      name: spawn.name,
      wasmPath: spawn.path,
      onExit: onExitOf(spawn.onExit),
      requestCapabilities: (spawn.request ?? []).map(capabilityOf),
      grantCapabilities: (spawn.grant ?? []).map(([to, params]) => ({ to: parseProcessId(to), params })),
      public: spawn.public ?? false,
    },
  }
}

function expectOfGuest(scene: Scene, id: string, step: Step): void {
  const expected = step.receive ?? step.awaited
  if (expected !== undefined) return expectAnswer(puppetOf(scene, id), expected)
  if (step.getState !== undefined) {
    const bytes = step.getState === null ? undefined : utf8ToBytes(step.getState)
    return expect(puppetOf(scene, id).answers.shift()).toEqual({ kind: 'state', bytes })
  }
  if (step.setState !== undefined || step.clearState !== undefined) {
    return expect(puppetOf(scene, id).answers.shift()).toEqual({ kind: 'done' })
  }
  if (step.capabilities !== undefined) {
    const answer = puppetOf(scene, id).answers.shift()
    const held = answer?.kind === 'capabilities' ? answer.capabilities : []
    return expect(held.map(capabilityText).toSorted()).toEqual(
      step.capabilities.map((text) => capabilityText(capabilityOf(text))).toSorted(),
    )
  }
  if (step.spawned !== undefined) return expectSpawned(puppetOf(scene, id), step.spawned)
}

function expectSpawned(puppet: Puppet, expected: string): void {
  const answer = puppet.answers.shift()
  if (expected === 'nothing') return expect(answer).toBeUndefined()
  if (answer?.kind === 'spawned') return expect(formatProcessId(answer.id)).toBe(expected)
  expect(answer).toEqual({ kind: 'not-spawned', error: expected })
}

function expectAnswer(puppet: Puppet, expected: Expected): void {
  const answer = puppet.answers.shift()
  if (expected === 'nothing') return expect(answer, 'nothing').toBeUndefined()
  if ('trap' in expected) return expect(answer?.kind).toBe('trap')
  if (answer?.kind !== 'event') return expect(answer, 'an event').toMatchObject({ kind: 'event' })
  const { event } = answer
  if (expected.error !== undefined) return expectError(event, expected)
  const said = expected.request ?? expected.response ?? {}
  expect(event.kind).toBe(expected.request === undefined ? 'response' : 'request')
  if (event.kind === 'send-error') return
  const heard = event.kind === 'request' ? event.request : event.response
  expectSaid(heard, said)
  if (said.from !== undefined) expect(formatAddress(event.source)).toBe(said.from)
  if (said.context !== undefined)
    expect(textOf(event.kind === 'response' ? event.context : undefined)).toBe(said.context)
}

function expectError(event: GuestEvent, expected: Exclude<Expected, 'nothing' | { trap: true }>): void {
  expect(event).toMatchObject({ kind: 'send-error', error: expected.error })
  if (event.kind !== 'send-error') return
  if (expected.target !== undefined) expect(formatAddress(event.target)).toBe(expected.target)
  if (expected.context !== undefined) expect(textOf(event.context)).toBe(expected.context)
  if (expected.blob !== undefined) expect(textOf(event.blob?.bytes)).toBe(expected.blob)
}

type Heard = {
  inherit: boolean
  body: Uint8Array
  metadata: string | undefined
  blob: Blob | undefined
  capabilities: readonly Capability[]
  expectsResponse?: bigint | undefined
}

function expectSaid(heard: Heard, said: Said): void {
  if (said.body !== undefined) expect(textOf(heard.body)).toBe(said.body)
  if (said.json !== undefined) {
    const read = decodeJson(textOf(heard.body) ?? '')
    expect(read.ok ? read.value : read.problem).toEqual(said.json)
  }
  if (said.inherit !== undefined) expect(heard.inherit).toBe(said.inherit)
  if (said.blob !== undefined) expect(textOf(heard.blob?.bytes)).toBe(said.blob)
  if (said.metadata !== undefined) expect(heard.metadata ?? null).toBe(said.metadata)
  if (said.expects !== undefined) {
    expect(heard.expectsResponse === undefined ? null : Number(heard.expectsResponse)).toBe(said.expects)
  }
  if (said.capabilities === undefined) return
  const expected = said.capabilities.map((text) => capabilityText(capabilityOf(text)))
  expect(heard.capabilities.map(capabilityText)).toEqual(expected)
}

function actAsModule(scene: Scene, id: string, step: Step): void {
  const source = { node: 'our', process: parseProcessId(id) }
  if (step.send !== undefined) {
    scene.ids += 1n
    const said = step.send
    const request: KernelRequest = {
      kind: 'request',
      ...kernelParts(said),
      expectsResponse: secondsOf(said.expects),
    }
    scene.test.kernel.send({
      id: said.id === undefined ? scene.ids : BigInt(said.id),
      source,
      target: parseAddress(said.to ?? ''),
      rsvp: said.rsvp ? parseAddress(said.rsvp) : undefined,
      message: request,
      blob: blobOf(said.blob),
    })
  }
  if (step.respond !== undefined) {
    const asked = scene.lastReceived.get(id)
    if (asked === undefined) throw new Error(`${id} has received nothing`)
    const response: KernelResponse = { kind: 'response', ...kernelParts(step.respond), context: undefined }
    const target = replyTarget(asked)
    const sent = { id: asked.id, source, target, rsvp: undefined, message: response }
    scene.test.kernel.send({ ...sent, blob: blobOf(step.respond.blob) })
  }
  if (step.receive !== undefined) expectOfModule(scene, id, step.receive)
}

function expectOfModule(scene: Scene, id: string, expected: Expected): void {
  const delivery = scene.heard.get(id)?.shift()
  if (expected === 'nothing') return expect(delivery, 'nothing').toBeUndefined()
  if ('trap' in expected) throw new Error('modules do not trap')
  if (expected.error !== undefined) {
    return expect(delivery).toMatchObject({ kind: 'send-error', error: { kind: expected.error } })
  }
  if (delivery?.kind !== 'message') return expect(delivery, 'a message').toMatchObject({ kind: 'message' })
  const { message } = delivery
  scene.lastReceived.set(id, message)
  expectMessage(message, expected.request ?? expected.response ?? {}, expected.request === undefined)
}

function expectMessage(message: KernelMessage, said: Said, isResponse: boolean): void {
  expect(message.message.kind).toBe(isResponse ? 'response' : 'request')
  const capabilities = message.message.capabilities.map(({ capability }) => capability)
  expectSaid({ ...message.message, capabilities, blob: message.blob }, said)
  if (said.from !== undefined) expect(formatAddress(message.source)).toBe(said.from)
  if (said.to !== undefined) expect(formatAddress(message.target)).toBe(said.to)
  if (said.id !== undefined) expect(message.id).toBe(BigInt(said.id))
  if (said.rsvp !== undefined) expect(message.rsvp === undefined ? null : formatAddress(message.rsvp)).toBe(said.rsvp)
}

function passing(scene: Scene, { id, from = '', to = '', rsvp, request, response }: Passing): KernelMessage {
  scene.ids += 1n
  const said = request ?? response ?? {}
  const parts = kernelParts(said)
  return {
    id: id === undefined ? scene.ids : BigInt(id),
    source: parseAddress(from),
    target: parseAddress(to),
    rsvp: rsvp ? parseAddress(rsvp) : undefined,
    message:
      request === undefined
        ? { kind: 'response', ...parts, context: said.context ? utf8ToBytes(said.context) : undefined }
        : { kind: 'request', ...parts, expectsResponse: secondsOf(said.expects) },
    blob: blobOf(said.blob),
  }
}

function expectTransmitted(scene: Scene, expected: Passing | 'nothing'): void {
  const message = scene.test.sent.shift()
  if (expected === 'nothing') return expect(message, 'nothing').toBeUndefined()
  if (message === undefined) throw new Error('nothing was transmitted')
  scene.lastTransmitted = message
  const { id, from, to, rsvp, request, response } = expected
  const said = { ...(request ?? response), ...(id && { id }), ...(from && { from }), ...(to && { to }) }
  expectMessage(message, rsvp === undefined ? said : { ...said, rsvp }, request === undefined)
  const capabilities = (request ?? response)?.capabilities ?? []
  for (const [index, text] of capabilities.entries()) {
    const signed = message.message.capabilities[index]
    if (typeof text === 'string' || text.signed === undefined || signed === undefined) continue
    expect(testVerify(capabilityBytes(signed.capability), signed.signature), 'signed').toBe(text.signed)
  }
}

function reportOffline(scene: Scene): void {
  const message = scene.lastTransmitted
  if (message === undefined) throw new Error('nothing was transmitted')
  scene.test.kernel.sendFailed({ kind: 'offline', message, reason: 'as the step says' })
}

function guestRequest(said: Said) {
  return {
    ...guestParts(said),
    target: parseAddress(said.to ?? ''),
    expectsResponse: secondsOf(said.expects),
  }
}

function guestParts(said: Said) {
  return { ...partsOf(said), capabilities: (said.capabilities ?? []).map(capabilityOf), blob: blobOf(said.blob) }
}

function kernelParts(said: Said) {
  return { ...partsOf(said), capabilities: (said.capabilities ?? []).map(signedOf) }
}

function partsOf(said: Said) {
  const body = said.json === undefined ? (said.body ?? '') : JSON.stringify(said.json)
  return { inherit: said.inherit ?? false, body: utf8ToBytes(body), metadata: said.metadata ?? undefined }
}

function secondsOf(expects: number | null | undefined): bigint | undefined {
  return expects === null || expects === undefined ? undefined : BigInt(expects)
}

function blobOf(text: string | null | undefined): Blob | undefined {
  return text === null || text === undefined ? undefined : { mime: undefined, bytes: utf8ToBytes(text) }
}

function textOf(bytes: Uint8Array | undefined): string | null {
  if (bytes === undefined) return null
  const text = bytesToUtf8(bytes)
  return text.ok ? text.value : 'not text'
}

function capabilityText({ issuer, params }: Capability): string {
  return `${formatAddress(issuer)} ${params}`
}
