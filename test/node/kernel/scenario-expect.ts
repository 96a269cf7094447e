import {
  type Blob,
  type Capability,
  decodeJson,
  formatAddress,
  formatProcessId,
  type KernelMessage,
} from '@hyperware/protocol'
import { expect } from 'vitest'
import type { GuestAnswer, GuestEvent } from '../../../node/kernel/guest.ts'
import { type Said, type Expected, capabilityOf, textOf, capabilityText } from './scenario-form.ts'

export function expectSpawned(answers: GuestAnswer[], expected: string): void {
  const answer = answers.shift()
  if (expected === 'nothing') return expect(answer).toBeUndefined()
  if (answer?.kind === 'spawned') return expect(formatProcessId(answer.id)).toBe(expected)
  expect(answer).toEqual({ kind: 'not-spawned', error: expected })
}

export function expectAnswer(answers: GuestAnswer[], expected: Expected): void {
  const answer = answers.shift()
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

export function expectError(event: GuestEvent, expected: Exclude<Expected, 'nothing' | { trap: true }>): void {
  expect(event).toMatchObject({ kind: 'send-error', error: expected.error })
  if (event.kind !== 'send-error') return
  if (expected.target !== undefined) expect(formatAddress(event.target)).toBe(expected.target)
  if (expected.context !== undefined) expect(textOf(event.context)).toBe(expected.context)
  if (expected.blob !== undefined) expect(textOf(event.blob?.bytes)).toBe(expected.blob)
}

export type Heard = {
  inherit: boolean
  body: Uint8Array
  metadata: string | undefined
  blob: Blob | undefined
  capabilities: readonly Capability[]
  expectsResponse?: bigint | undefined
}

export function expectSaid(heard: Heard, said: Said): void {
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

export function expectMessage(message: KernelMessage, said: Said, isResponse: boolean): void {
  expect(message.message.kind).toBe(isResponse ? 'response' : 'request')
  const capabilities = message.message.capabilities.map(({ capability }) => capability)
  expectSaid({ ...message.message, capabilities, blob: message.blob }, said)
  if (said.from !== undefined) expect(formatAddress(message.source)).toBe(said.from)
  if (said.to !== undefined) expect(formatAddress(message.target)).toBe(said.to)
  if (said.id !== undefined) expect(message.id).toBe(BigInt(said.id))
  if (said.rsvp !== undefined) expect(message.rsvp === undefined ? null : formatAddress(message.rsvp)).toBe(said.rsvp)
}
