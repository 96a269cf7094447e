import { bytesToUtf8 } from '@hyperware/protocol'
import type { GuestEvent } from '../../../node/kernel/guest.ts'
import type { Guest } from './scripted.ts'

/** The body of what a guest heard, as text. */
export function bodyOf(event: GuestEvent): string {
  const said = event.kind === 'request' ? event.request : event.kind === 'response' ? event.response : undefined
  if (said === undefined) return event.kind === 'send-error' ? event.error : ''
  const text = bytesToUtf8(said.body)
  return text.ok ? text.value : 'not text'
}

/** A guest that takes everything and does nothing. */
export async function never(guest: Guest): Promise<void> {
  for (;;) await guest.receive()
}
