import { type Capability, parseAddress, parseProcessId } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { INBOX_MAX, PACKAGE_SPAWN_MAX, SPAWN_GRANTS_MAX } from '../../../node/kernel/limits.ts'
import { never } from './events.ts'
import { createKernelThatSpawns, idle, type TestKernel } from './kernel-fixture.ts'
import { A, B, PUBLIC } from './mailboxes.ts'
import { fromAbroad, ownCapabilities } from './many-capabilities.ts'

test('a package that spawns without end stops itself, and others can still spawn', async () => {
  const test = createKernelThatSpawns()
  let spawned = 0
  await test.launch(A, async (guest) => {
    for (;;) spawned += (await guest.spawn({ wasmPath: '/x' })).kind === 'spawned' ? 1 : 0
  })
  for (let round = 0; round < PACKAGE_SPAWN_MAX; round += 1) await idle()
  expect(spawned).toBe(PACKAGE_SPAWN_MAX - 1)
  expect(test.printed(0)).toContain('cannot spawn: 256 processes of test:alice.os are there already')
  let other: unknown
  await test.launch('a:other:alice.os', async (guest) => {
    other = await guest.spawn({ wasmPath: '/x', name: 'child' })
    await never(guest)
  })
  expect(other).toMatchObject({ kind: 'spawned' })
})

test('a component is read for a child, whatever waits at its parent', async () => {
  const test = createKernelThatSpawns()
  const { promise: full, resolve: begin } = Promise.withResolvers<void>()
  let spawned: unknown
  await test.launch(
    A,
    async (guest) => {
      await full
      spawned = await guest.spawn({ wasmPath: '/x', name: 'child' })
    },
    PUBLIC,
  )
  const { message, ...rest } = fromAbroad(A, [])
  const source = parseAddress('our@tester:distro:sys')
  expect(test.kernel.send({ ...rest, source, message: { ...message, body: new Uint8Array(INBOX_MAX.bytes) } })).toBe(
    true,
  )
  begin()
  await idle()
  expect(spawned).toMatchObject({ kind: 'spawned' })
})

test('a name that is taken is refused before anything else that is asked for is looked at', async () => {
  const test = createKernelThatSpawns()
  let looked = 0
  const counted = {
    issuer: parseAddress(`alice.os@${A}`),
    get params() {
      looked += 1
      return '1'
    },
  }
  const answers: unknown[] = []
  await test.launch(A, async (guest) => {
    for (const name of ['child', 'child', 'other']) {
      answers.push([await guest.spawn({ wasmPath: '/x', name, requestCapabilities: [counted] }), looked > 0])
      looked = 0
    }
    await never(guest)
  })
  for (let round = 0; round < 10; round += 1) await idle()
  expect(answers).toMatchObject([
    [{ kind: 'spawned' }, true],
    [{ error: 'name-taken' }, false],
    [{ kind: 'spawned' }, true],
  ])
})

describe('what children grant to a process of another package as they are spawned is bounded', () => {
  const HOLDER = 'holder:other:alice.os'

  /** What the holder ends up with, of children that each grant it so much. */
  async function heldAfter(
    { children, each, to = HOLDER }: { children: number; each: readonly Capability[]; to?: string },
    prepare: (test: TestKernel) => Promise<void> = () => Promise.resolve(),
  ): Promise<{ test: TestKernel; held: number }> {
    const test = createKernelThatSpawns()
    await test.launch(to, never, PUBLIC)
    await prepare(test)
    const before = await countHeld(test, to)
    const { promise: done, resolve: finish } = Promise.withResolvers<void>()
    await test.launch(A, async (guest) => {
      const grantCapabilities = each.map(({ params }) => ({ to: parseProcessId(to), params }))
      for (let at = 0; at < children; at += 1) await guest.spawn({ wasmPath: '/x', grantCapabilities })
      finish()
      await never(guest)
    })
    await done
    return { test, held: (await countHeld(test, to)) - before }
  }

  async function countHeld({ kernel }: TestKernel, id: string): Promise<number> {
    return (await kernel.diagnostics()).find((process) => process.id === id)?.capabilities ?? -1
  }

  test.each([
    ['of one child', 1, 10_000],
    ['of many together', 5, 100],
  ])('in number: %s', async (_, children, count) => {
    const { test, held } = await heldAfter({ children, each: ownCapabilities(A, count) })
    expect(held).toBe(SPAWN_GRANTS_MAX.capabilities)
    expect(test.printed(1)).toContainEqual(expect.stringContaining(`${HOLDER} does not get the last`))
    expect(test.printed(1)).toContainEqual(expect.stringContaining('of one package it takes at most 256'))
    // Others still find room, and so does whoever installs.
    const id = parseProcessId(HOLDER)
    await test.command({ kind: 'GrantCapabilities', target: id, capabilities: ownCapabilities(A, 300) })
    await test.kernel.grant(id, ownCapabilities('b:third:alice.os', 300))
    expect(await countHeld(test, HOLDER)).toBe(1 + held + 600)
    expect(test.printed(0)).toEqual([])
  })

  test('in characters', async () => {
    const length = SPAWN_GRANTS_MAX.characters / 4
    const { held } = await heldAfter({ children: 3, each: ownCapabilities(A, 3, length) })
    expect(held).toBe(4)
  })

  test('for each package apart', async () => {
    const { held } = await heldAfter({ children: 1, each: ownCapabilities(A, 200) }, async ({ kernel }) => {
      await kernel.grant(parseProcessId(HOLDER), ownCapabilities('b:third:alice.os', 300))
    })
    expect(held).toBe(200)
  })

  test('but not to its own package', async () => {
    const { held } = await heldAfter({ children: 1, each: ownCapabilities(A, 1_000), to: B })
    expect(held).toBe(1_000)
  })
})
