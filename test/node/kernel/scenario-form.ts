import {
  type Blob,
  type Capability,
  capabilityBytes,
  json,
  type JsonValue,
  onExitJson,
  parseAddress,
  parseProcessId,
  type SignedCapability,
  utf8ToBytes,
} from '@hyperware/protocol'
import type { GuestQuestion } from '../../../node/kernel/guest.ts'
import { OUR_NAME, testSign } from './kernel-fixture.ts'

/** The form of the files in `test/conformance/kernel`, described in their README. */
export type Case = {
  title: string
  processes?: Record<string, ProcessSetup>
  modules?: string[]
  steps: Step[]
}

export type ProcessSetup = { public?: boolean; onExit?: JsonValue; holds?: CapabilityText[]; run?: boolean }

export type CapabilityText = string | { issuer: string; params: string; signed?: boolean }

/** Text, or bytes that are none: those of a component. */
export type BlobText = string | { hex: string }

export type Said = {
  to?: string
  from?: string
  body?: string
  json?: JsonValue
  expects?: number | null
  inherit?: boolean
  blob?: BlobText | null
  metadata?: string | null
  context?: string | null
  capabilities?: CapabilityText[]
  id?: string
  rsvp?: string | null
}

export type Expected =
  | {
      request?: Said
      response?: Said
      error?: string
      target?: string
      context?: string | null
      blob?: BlobText | null
    }
  | 'nothing'
  | { trap: true }

export type Passing = { id?: string; from?: string; to?: string; rsvp?: string | null; request?: Said; response?: Said }

export type Step = {
  as?: string
  send?: Said
  sendAll?: Said[]
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
  getOnExit?: JsonValue
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

export function onExitOf(text: JsonValue = 'None') {
  const read = json.fromJsonWith(onExitJson, 'onExit', text)
  if (!read.ok) throw new Error(read.problem)
  return read.value
}

export function capabilityOf(text: CapabilityText): Capability {
  if (text === 'network') return { issuer: parseAddress(`${OUR_NAME}@kernel:distro:sys`), params: '"network"' }
  if (typeof text === 'string') return { issuer: parseAddress(`${OUR_NAME}@${text}`), params: '"messaging"' }
  return { issuer: parseAddress(text.issuer), params: text.params }
}

export function signedOf(text: CapabilityText): SignedCapability {
  const capability = capabilityOf(text)
  const genuine = typeof text === 'string' || text.signed !== false
  return { capability, signature: genuine ? testSign(capabilityBytes(capability)) : new Uint8Array(64) }
}

export function spawnQuestion(spawn: NonNullable<Step['spawn']>): GuestQuestion {
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

/** As one item of what a guest sends. */
export function guestSend(said: Said) {
  return { request: guestRequest(said), context: said.context ? utf8ToBytes(said.context) : undefined }
}

export function guestRequest(said: Said) {
  return {
    ...guestParts(said),
    target: parseAddress(said.to ?? ''),
    expectsResponse: secondsOf(said.expects),
  }
}

export function guestParts(said: Said) {
  return { ...partsOf(said), capabilities: (said.capabilities ?? []).map(capabilityOf), blob: blobOf(said.blob) }
}

export function kernelParts(said: Said) {
  return { ...partsOf(said), capabilities: (said.capabilities ?? []).map(signedOf) }
}

export function partsOf(said: Said) {
  const body = said.json === undefined ? (said.body ?? '') : JSON.stringify(said.json)
  return { inherit: said.inherit ?? false, body: utf8ToBytes(body), metadata: said.metadata ?? undefined }
}

export function secondsOf(expects: number | null | undefined): bigint | undefined {
  return expects === null || expects === undefined ? undefined : BigInt(expects)
}

export function blobOf(text: BlobText | null | undefined): Blob | undefined {
  if (text === null || text === undefined) return undefined
  return { mime: undefined, bytes: typeof text === 'string' ? utf8ToBytes(text) : Buffer.from(text.hex, 'hex') }
}

/** The case with `idle` for what its files call `component:idle`. */
export function withIdle(input: Case, idle: Uint8Array): Case {
  const hex = Buffer.from(idle).toString('hex')
  const replace = (key: string, value: unknown): unknown =>
    key === 'blob' && value === 'component:idle' ? { hex } : value
  return JSON.parse(JSON.stringify(input), replace) as Case
}
