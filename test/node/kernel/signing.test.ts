import { type Capability, CAPABILITIES_MAX as MESSAGE_CAPABILITIES_MAX } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { ISSUED_KEPT_MAX } from '../../../node/kernel/limits.ts'
import { never } from './events.ts'
import { createTestKernel, type TestKernel, testSign } from './kernel-fixture.ts'
import { A, B, network, PUBLIC } from './mailboxes.ts'
import { ownCapabilities } from './many-capabilities.ts'
import type { Guest } from './scripted.ts'

test('only what goes abroad is signed, however many capabilities a guest attaches', async () => {
  let signed = 0
  const test = createTestKernel({
    sign(bytes) {
      signed += 1
      return testSign(bytes)
    },
  })
  await test.launch(B, never, PUBLIC)
  await test.launch(
    A,
    async (guest) => {
      const capabilities = ownCapabilities(A, MESSAGE_CAPABILITIES_MAX)
      for (let sent = 0; sent < 100; sent += 1) await guest.send(`our@${B}`, { capabilities })
      guest.act({ kind: 'save-capabilities', capabilities })
      await guest.send('bob.os@x:test:bob.os', { capabilities: capabilities.slice(1) })
      await never(guest)
    },
    { onExit: { kind: 'restart' }, capabilities: [network] },
  )
  expect(signed).toBe(0)
  const [message] = test.sent
  const signatures = message?.message.capabilities.map(({ signature }) => signature.length)
  expect([signed, signatures]).toEqual([1_023, Array.from({ length: 1_023 }, () => 64)])
})

describe('signatures for what goes abroad', () => {
  /** What was signed and what got out, of what A does. */
  async function signedBy(
    act: (guest: Guest, test: TestKernel) => Promise<void>,
  ): Promise<{ signed: number; sent: number; errors: readonly string[] }> {
    let signed = 0
    const test = createTestKernel({
      sign(bytes) {
        signed += 1
        return testSign(bytes)
      },
    })
    const { promise: acted, resolve: done } = Promise.withResolvers<void>()
    await test.launch(
      A,
      async (guest) => {
        await act(guest, test)
        done()
        await never(guest)
      },
      { capabilities: [network] },
    )
    await acted
    for (const { message } of test.sent)
      for (const { signature } of message.capabilities) expect(signature).toHaveLength(64)
    return { signed, sent: test.sent.length, errors: test.printed(0) }
  }

  test('are made once for the same text, held or not', async () => {
    const capabilities = ownCapabilities(A, MESSAGE_CAPABILITIES_MAX)
    const { signed, sent } = await signedBy(async (guest) => {
      guest.act({ kind: 'save-capabilities', capabilities: capabilities.slice(0, 10) })
      for (let at = 0; at < 50; at += 1) await guest.send('bob.os@x:test:bob.os', { capabilities })
    })
    expect([signed, sent]).toEqual([MESSAGE_CAPABILITIES_MAX, 50])
  })

  test('of texts that are always new are so many for a package: then a request fails at once, until time has passed', async () => {
    const fresh = (at: number): Capability[] =>
      ownCapabilities(A, 512).map(({ issuer, params }) => ({ issuer, params: `[${at},${params}]` }))
    const heard: string[] = []
    const { signed, sent, errors } = await signedBy(async (guest, test) => {
      for (let at = 0; at < 20; at += 1) await guest.send('bob.os@x:test:bob.os', { capabilities: fresh(at) })
      const answer = await guest.sendAndAwait('bob.os@x:test:bob.os', { expectsResponse: 60, capabilities: fresh(20) })
      heard.push(answer.kind === 'send-error' ? answer.error : answer.kind)
      await test.clock.advance(2_000)
      for (let at = 21; at < 25; at += 1) await guest.send('bob.os@x:test:bob.os', { capabilities: fresh(at) })
    })
    const refused = `${A} sends too many new capabilities abroad, expected 1024 and then 256 a second`
    expect({ signed, sent, heard }).toEqual({ signed: 3 * 512, sent: 3, heard: ['timeout'] })
    expect(new Set(errors)).toEqual(new Set([refused]))
  })

  test('that a process keeps are the latest', async () => {
    const { signed, sent } = await signedBy(async (guest, test) => {
      const capabilities = ownCapabilities(A, ISSUED_KEPT_MAX.capabilities + 1)
      await guest.send('bob.os@x:test:bob.os', { capabilities: capabilities.slice(0, -1) })
      await test.clock.advance(1_000)
      await guest.send('bob.os@x:test:bob.os', { capabilities: capabilities.slice(-1) })
      await guest.send('bob.os@x:test:bob.os', { capabilities: capabilities.slice(1, 2) })
      await guest.send('bob.os@x:test:bob.os', { capabilities: capabilities.slice(0, 1) })
    })
    expect([signed, sent]).toEqual([ISSUED_KEPT_MAX.capabilities + 2, 4])
  })
})
