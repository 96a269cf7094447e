import { ADDRESS_MAX_LENGTH, type Capability, parseAddress, parseProcessId } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import {
  CALL_TEXT_MAX_CHARACTERS,
  CAPABILITIES_MAX_LENGTH,
  DELIVERED_MAX,
  PARAMS_MAX_LENGTH,
} from '../../../node/kernel/limits.ts'
import { never } from './events.ts'
import { createTestKernel, idle } from './kernel-fixture.ts'
import { A, B, network, PUBLIC } from './mailboxes.ts'
import { foreign, fromAbroad, ownCapabilities } from './many-capabilities.ts'

describe('what a process may still save is bounded', () => {
  async function savedOf(capabilities: readonly Capability[]): Promise<readonly Capability[]> {
    const test = createTestKernel()
    let held: readonly Capability[] = []
    await test.launch(
      A,
      async (guest) => {
        for (let received = 0; received < capabilities.length; received += 100) await guest.receive()
        guest.act({ kind: 'save-capabilities', capabilities })
        held = await guest.capabilities()
        await never(guest)
      },
      { capabilities: [network] },
    )
    for (let at = 0; at < capabilities.length; at += 100) {
      test.kernel.receive(fromAbroad(A, capabilities.slice(at, at + 100)))
      await idle()
    }
    return held.filter(({ issuer }) => issuer.node === 'bob.os')
  }

  test('in number: the latest', async () => {
    const capabilities = foreign(DELIVERED_MAX.capabilities + 300, 8)
    expect(await savedOf(capabilities)).toEqual(capabilities.slice(-DELIVERED_MAX.capabilities))
  })

  test('in characters: the latest', async () => {
    const capabilities = foreign(200, DELIVERED_MAX.characters / 100)
    expect(await savedOf(capabilities)).toEqual(capabilities.slice(-100))
  })

  test('in the length of one', async () => {
    const capabilities = [...foreign(1, PARAMS_MAX_LENGTH + 1), ...foreign(2, 9)]
    expect(await savedOf(capabilities)).toEqual(capabilities.slice(1))
  })
})

test('a process holds capabilities up to so many characters in all', async () => {
  const test = createTestKernel()
  await test.launch(A, never)
  const most = CAPABILITIES_MAX_LENGTH / PARAMS_MAX_LENGTH
  await test.kernel.grant(parseProcessId(A), ownCapabilities(B, most + 2, PARAMS_MAX_LENGTH))
  const held = (await test.kernel.diagnostics()).find(({ id }) => id === A)?.capabilities
  // Its own messaging capability is one of them, and takes a little of the room.
  expect(held).toBe(most)
  expect(test.printed(0)).toHaveLength(3)
  expect(test.printed(0)[0]).toContain('expected at most 10000 with params of 65536 characters, 8388608 in all')
})

test('room that is given up can be used again', async () => {
  const test = createTestKernel()
  await test.launch(A, never)
  const id = parseProcessId(A)
  const most = CAPABILITIES_MAX_LENGTH / PARAMS_MAX_LENGTH - 1
  for (let round = 0; round < 3; round += 1) {
    const capabilities = ownCapabilities(B, most, PARAMS_MAX_LENGTH - round)
    await test.kernel.grant(id, capabilities)
    for (const each of capabilities) {
      await test.command({ kind: 'DropCapabilities', target: id, capabilities: [each] })
    }
  }
  expect(test.printed(0)).toEqual([])
})

test('a capability of an issuer whose name has no end is neither remembered nor held', async () => {
  const test = createTestKernel()
  const long = { issuer: parseAddress(`${'b'.repeat(ADDRESS_MAX_LENGTH)}@x:test:bob.os`), params: '1' }
  await test.launch(A, never)
  await test.kernel.grant(parseProcessId(A), [long])
  expect(test.kernel.has(parseProcessId(A), long)).toBe(false)
  expect(test.printed(0)).toHaveLength(1)
})

test('a message carries no more than its sender could have written, however short it wrote what it holds', async () => {
  const test = createTestKernel()
  const characters: number[] = []
  await test.launch(
    B,
    async (guest) => {
      for (;;) {
        const event = await guest.receive()
        const { capabilities } = event.kind === 'request' ? event.request : { capabilities: [] }
        characters.push(capabilities.reduce((sum, { params }) => sum + params.length, 0))
      }
    },
    PUBLIC,
  )
  await test.launch(A, async (guest) => {
    const long = ownCapabilities(A, 8, PARAMS_MAX_LENGTH)
    guest.act({ kind: 'save-capabilities', capabilities: long })
    for (const [short] of [ownCapabilities(A, 1, 1), []]) {
      const capabilities = short === undefined ? ownCapabilities(A, 8, 1) : Array.from({ length: 1_024 }, () => short)
      await guest.send(`our@${B}`, { capabilities })
    }
    await guest.send(`our@${B}`, { capabilities: long.slice(0, 4) })
  })
  expect(characters).toEqual(Array.from({ length: 3 }, () => CALL_TEXT_MAX_CHARACTERS))
  expect(test.printed(1)).toContainEqual(expect.stringContaining(`${A} sends only 4 of its 1024 capabilities`))
})
