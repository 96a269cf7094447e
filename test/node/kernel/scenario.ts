import {
  capabilityBytes,
  formatProcessId,
  type KernelMessage,
  type KernelRequest,
  type KernelResponse,
  parseAddress,
  parseProcessId,
  replyTarget,
  utf8ToBytes,
} from '@hyperware/protocol'
import { expect } from 'vitest'
import type { Delivery } from '../../../node/kernel/effects.ts'
import type { GuestAnswer, GuestKernel, GuestQuestion, GuestRunner } from '../../../node/kernel/guest.ts'
import { createTestKernel, idle, type TestKernel, testVerify } from './kernel-fixture.ts'
import {
  type Case,
  type ProcessSetup,
  type Expected,
  type Passing,
  type Step,
  onExitOf,
  capabilityOf,
  guestRequest,
  guestParts,
  kernelParts,
  secondsOf,
  blobOf,
  capabilityText,
  spawnQuestion,
} from './scenario-form.ts'
import { expectAnswer, expectMessage, expectSpawned } from './scenario-expect.ts'

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

function expectOfGuest(scene: Scene, id: string, step: Step): void {
  const expected = step.receive ?? step.awaited
  if (expected !== undefined) return expectAnswer(puppetOf(scene, id).answers, expected)
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
  if (step.spawned !== undefined) return expectSpawned(puppetOf(scene, id).answers, step.spawned)
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
