import { bytesToUtf8 } from '@hyperware/protocol'
import { expect, test } from 'vitest'
import type { GuestEvent } from '../../../node/kernel/guest.ts'
import { createTestKernel, OUR_NAME } from './kernel-fixture.ts'
import { messaging } from './scripted.ts'

export function bodyOf(event: GuestEvent): string {
  const said = event.kind === 'request' ? event.request : event.kind === 'response' ? event.response : undefined
  const text = bytesToUtf8(said?.body ?? new Uint8Array(0))
  return text.ok ? text.value : 'not text'
}

test('a guest asks another, which answers', async () => {
  const { launch, printed } = createTestKernel()
  const heard: string[] = []
  await launch(
    'b:test:alice.os',
    async (guest) => {
      heard.push(bodyOf(await guest.receive()))
      await guest.respond({ body: 'pong' })
    },
    { public: true },
  )
  await launch(
    'a:test:alice.os',
    async (guest) => {
      heard.push(bodyOf(await guest.sendAndAwait('our@b:test:alice.os', { body: 'ping' })))
    },
    { public: true, capabilities: [messaging(OUR_NAME, 'b:test:alice.os')] },
  )
  expect(printed(0)).toEqual([])
  expect(heard).toEqual(['ping', 'pong'])
})
