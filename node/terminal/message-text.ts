import { bytesToUtf8, formatAddress, type KernelMessage, quote } from '@hyperware/protocol'

/** A message as people read it at verbosity 3 (kernel.md section 16). Not an interface: only for the eye. */
export function formatMessage({ id, source, target, rsvp, message, blob }: KernelMessage): string {
  const isRequest = message.kind === 'request'
  const details = [
    `inherit: ${message.inherit}`,
    ...(isRequest ? [`expects_response: ${message.expectsResponse ?? 'none'}`] : []),
    `body: ${describeBody(message.body)}`,
    `metadata: ${message.metadata === undefined ? 'none' : quote(message.metadata)}`,
    ...(isRequest ? [] : [`context: ${message.context === undefined ? 'none' : `${message.context.length} bytes`}`]),
    `capabilities: ${message.capabilities.length}`,
  ]
  return [
    '{',
    `  id: ${id}`,
    `  source: ${formatAddress(source)}`,
    `  target: ${formatAddress(target)}`,
    `  rsvp: ${rsvp === undefined ? 'none' : formatAddress(rsvp)}`,
    `  message: ${isRequest ? 'Request' : 'Response'}(`,
    ...details.map((detail) => `    ${detail}`),
    '  )',
    `  blob: ${blob !== undefined}`,
    '}',
  ].join('\n')
}

function describeBody(body: Uint8Array): string {
  const text = bytesToUtf8(body)
  return text.ok ? quote(text.value) : `${body.length} bytes`
}
