import {
  capabilityBytes,
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
import { actAsGuest, expectAtRest, type Witness } from './scenario-guest.ts'
import {
  type Case,
  type ProcessSetup,
  type Expected,
  type Passing,
  type Step,
  onExitOf,
  capabilityOf,
  kernelParts,
  secondsOf,
  blobOf,
  withIdle,
} from './scenario-form.ts'
import { expectMessage } from './scenario-expect.ts'
import { type Cast, createGate, type Gate, LIMITS } from './scenario-gate.ts'
import { type Script, scriptOf } from './scenario-script.ts'
import { createTestKernel, type TestKernel, testVerify } from './kernel-fixture.ts'

/**
 * Carries out a case against the real loop, its processes played by the cast. Gives what those reported, in order; throws
 * at the first expectation that does not hold.
 */
export async function play(original: Case, cast: Cast): Promise<readonly Witness[]> {
  const input = withIdle(original, cast.idle)
  const heard = new Map<string, Delivery[]>()
  const isModule = (name: string): boolean => (input.modules ?? []).some((id) => isNamed(id, name))
  let at = -1
  const gate = createGate(cast, (id) => ownScript(input.steps.slice(at + 1), id, isModule))
  const test = createTestKernel({
    runner: gate.runner,
    ...LIMITS,
    modules: (input.modules ?? []).map((id) => {
      const deliveries: Delivery[] = []
      heard.set(id, deliveries)
      return { id: parseProcessId(id), public: false, inbox: (delivery) => void deliveries.push(delivery) }
    }),
  })
  const lastReceived = new Map<string, KernelMessage>()
  const scene: Scene = { test, gate, heard, lastReceived, lastTransmitted: undefined, ids: 0n, witnesses: [] }
  try {
    // The fixture's commands wait for what is known already, not for a compiler.
    await cast.runner.prepare(cast.idle, LIMITS)
    for (const [id, setup] of Object.entries(input.processes ?? {}))
      await initialize(test, { id, setup, wasm: cast.idle })
    for (const step of input.steps) {
      at += 1
      try {
        await carryOut(scene, step)
        await gate.settle()
      } catch (error) {
        throw new Error(`step ${at + 1}, ${JSON.stringify(original.steps[at])}`, { cause: error })
      }
    }
    for (const [id, seat] of gate.seats) await expectAtRest(id, seat)
  } finally {
    await test.kernel.stop()
  }
  return scene.witnesses
}

type Scene = {
  readonly test: TestKernel
  readonly gate: Gate
  readonly heard: Map<string, Delivery[]>
  readonly lastReceived: Map<string, KernelMessage>
  readonly witnesses: Witness[]
  lastTransmitted: KernelMessage | undefined
  ids: bigint
}

function isNamed(id: string, name: string): boolean {
  return id === name || id.startsWith(`${name}:`)
}

/** Undefined when the process does nothing from here on. */
function ownScript(steps: readonly Step[], id: string, isModule: (name: string) => boolean): Script | undefined {
  const own = steps.filter(({ as }) => as !== undefined && !isModule(as) && isNamed(id, as))
  const script = scriptOf(own)
  return script.length === 0 ? undefined : script
}

async function initialize(
  { command, kernel }: TestKernel,
  { id: text, setup, wasm }: { readonly id: string; readonly setup: ProcessSetup; readonly wasm: Uint8Array },
): Promise<void> {
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
    { wasm },
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
  if (step.runs !== undefined) return expect(scene.gate.seats.has(id), 'runs').toBe(step.runs)
  if (step.holds !== undefined) {
    const held = scene.test.kernel.has(parseProcessId(id), capabilityOf(step.holds.capability))
    return expect(held, 'holds').toBe(step.holds.is)
  }
  if (scene.heard.has(id)) return actAsModule(scene, id, step)
  return actAsGuest(scene, id, step)
}

function fullId(scene: Scene, name: string): string {
  return [...scene.heard.keys(), ...scene.gate.seats.keys()].find((id) => isNamed(id, name)) ?? name
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
