import { type KernelMessage, parseAddress } from '@hyperware/protocol'

/** The smallest request. */
export function sampleMessage(): KernelMessage {
  const address = parseAddress('a.os@b:c:d')
  return {
    id: 1n,
    source: address,
    target: address,
    rsvp: undefined,
    blob: undefined,
    message: {
      kind: 'request',
      inherit: false,
      expectsResponse: undefined,
      body: new Uint8Array(0),
      metadata: undefined,
      capabilities: [],
    },
  }
}

/** `sampleMessage` with this body. */
export function withBody(body: Uint8Array): KernelMessage {
  const message = sampleMessage()
  return { ...message, message: { ...message.message, body } }
}
