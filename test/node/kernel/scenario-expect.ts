import { bytesToUtf8, decodeJson, formatAddress, type KernelMessage, type ProcessAddress } from '@hyperware/protocol'
import { expect } from 'vitest'
import { blobOf, type CapabilityText, capabilityOf, type Expected, type Said } from './scenario-form.ts'
import { type BlobSeen, type Heard, heardMessage, type Report, seenBlob, seenCapability } from './scenario-report.ts'

/** The first report of an instance: it knows who it is, and has no blob. */
export function expectStart(report: Report, our: ProcessAddress): void {
  const text = formatAddress(our)
  expect(report).toMatchObject({ call: 'init', argument: text, our: text, blob: null })
  if (report.hasBlob !== undefined) expect(report).toMatchObject({ hasBlob: false, lastBlob: null })
}

/**
 * The blob functions after a call, which must give what they gave before unless something came in: its blob then is the
 * current one, and the last for as long as no other comes (kernel.md section 5.2).
 */
export function expectBlobs(report: Report, before: Report): void {
  if (report.hasBlob === undefined) return
  const arrived = [report.request, report.response, report.error].some((what) => what !== undefined)
  const { blob } = arrived ? report : before
  if (report.error !== undefined) expect(blob, 'the blob of an error is in the error').toBeNull()
  expect(report).toMatchObject({ blob, hasBlob: blob !== null, lastBlob: blob ?? before.lastBlob })
}

export function expectReport(report: Report, expected: Expected): void {
  if (expected === 'nothing' || 'trap' in expected) return expect(report).toEqual(expected)
  if (expected.error !== undefined) {
    expect(report).toMatchObject({ error: expected.error })
    if (expected.target !== undefined) expect(report.target).toBe(expected.target)
    if (expected.context !== undefined) expect(textOf(report.context)).toBe(expected.context)
    if (expected.blob !== undefined) expect(report.returned?.blob).toEqual(seenBlob(blobOf(expected.blob)))
    return
  }
  const heard = expected.request === undefined ? report.response : report.request
  if (heard === undefined) return expect(report, 'another kind of message').toEqual(expected)
  const said = expected.request ?? expected.response ?? {}
  expectSaid(heard, report.blob, said)
  if (said.context !== undefined) expect(textOf(heard.context)).toBe(said.context)
}

export function expectSaid(heard: Heard, blob: BlobSeen | null, said: Said): void {
  const body = textOf(heard.body)
  if (said.from !== undefined) expect(heard.from).toBe(said.from)
  if (said.body !== undefined) expect(body).toBe(said.body)
  if (said.json !== undefined) {
    const read = decodeJson(body ?? '')
    expect(read.ok ? read.value : read.problem).toEqual(said.json)
  }
  if (said.inherit !== undefined) expect(heard.inherit).toBe(said.inherit)
  if (said.blob !== undefined) expect(blob).toEqual(seenBlob(blobOf(said.blob)))
  if (said.metadata !== undefined) expect(heard.metadata).toBe(said.metadata)
  if (said.expects !== undefined) expect(heard.expects ?? null).toBe(said.expects)
  if (said.capabilities !== undefined) expect(heard.capabilities).toEqual(said.capabilities.map(seen))
}

export function expectHeld(report: Report, expected: readonly CapabilityText[]): void {
  expect(report.held?.map(inOneLine).toSorted()).toEqual(expected.map((text) => inOneLine(seen(text))).toSorted())
}

/** What a module or net was handed. */
export function expectMessage(message: KernelMessage, said: Said, isResponse: boolean): void {
  expect(message.message.kind).toBe(isResponse ? 'response' : 'request')
  expectSaid(heardMessage(message), seenBlob(message.blob), said)
  if (said.to !== undefined) expect(formatAddress(message.target)).toBe(said.to)
  if (said.id !== undefined) expect(message.id).toBe(BigInt(said.id))
  if (said.rsvp !== undefined) expect(message.rsvp === undefined ? null : formatAddress(message.rsvp)).toBe(said.rsvp)
}

function seen(text: CapabilityText): ReturnType<typeof seenCapability> {
  return seenCapability(capabilityOf(text))
}

function inOneLine({ issuer, params }: { issuer: string; params: string }): string {
  return `${issuer} ${params}`
}

function textOf(hex: string | null | undefined): string | null {
  if (hex === null || hex === undefined) return null
  const text = bytesToUtf8(Buffer.from(hex, 'hex'))
  return text.ok ? text.value : 'not text'
}
