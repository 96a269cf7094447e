import { type Capability, type KernelMessage, parseAddress } from '@hyperware/protocol'
import { OUR_NAME } from './kernel-fixture.ts'

/** Capabilities in any number and length, for tests of what is bounded: our own, another node's, and a message with them. */

export function ownCapabilities(process: string, count: number, length = 10): Capability[] {
  const issuer = parseAddress(`${OUR_NAME}@${process}`)
  return Array.from({ length: count }, (_, at) => ({ issuer, params: `${at}`.padEnd(length, ' ') }))
}

/** A message of another node that says nothing, but comes with these rights. */
export function fromAbroad(target: string, capabilities: readonly Capability[], mime?: string): KernelMessage {
  const signed = capabilities.map((capability) => ({ capability, signature: new Uint8Array(64) }))
  const said = { inherit: false, expectsResponse: undefined, body: new Uint8Array(0), metadata: undefined }
  return {
    id: 1n,
    source: parseAddress('bob.os@x:test:bob.os'),
    target: parseAddress(`our@${target}`),
    rsvp: undefined,
    message: { kind: 'request', ...said, capabilities: signed },
    blob: mime === undefined ? undefined : { mime, bytes: new Uint8Array(0) },
  }
}

export function foreign(count: number, length: number): Capability[] {
  const issuer = parseAddress('bob.os@x:test:bob.os')
  return Array.from({ length: count }, (_, at) => ({ issuer, params: `"${at}"`.padEnd(length, ' ') }))
}
