import {
  ADDRESS_MAX_LENGTH,
  CAPABILITIES_MAX as MESSAGE_CAPABILITIES_MAX,
  type Capability,
  type KernelMessage,
  parseAddress,
  parseProcessId,
  utf8ToBytes,
} from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import type { Delivery } from '../../../node/kernel/effects.ts'
import { GUEST_CREDITS, type GuestKernel } from '../../../node/kernel/guest.ts'
import {
  CALL_TEXT_MAX_CHARACTERS,
  CAPABILITIES_MAX_LENGTH,
  COMMITS_MAX,
  DELIVERED_MAX,
  INBOX_MAX,
  ISSUED_KEPT_MAX,
  ON_EXIT_MAX,
  PACKAGE_SPAWN_MAX,
  PARAMS_MAX_LENGTH,
  PROCESS_ID_MAX_LENGTH,
  SPAWN_GRANTS_MAX,
  STATE_MAX_BYTES,
  WASM_HANDLE_MAX_LENGTH,
} from '../../../node/kernel/limits.ts'
import { runtimeModule } from '../../../node/kernel/loop.ts'
import { createMemoryStore } from '../../../node/kernel/store.ts'
import { never } from './events.ts'
import { createTestKernel, idle, OUR_NAME, type TestKernel, testSign } from './kernel-fixture.ts'
import type { Guest } from './scripted.ts'

const A = 'a:test:alice.os'
const B = 'b:test:alice.os'
const PUBLIC = { public: true } as const
const NETWORK: Capability = { issuer: parseAddress(`${OUR_NAME}@kernel:distro:sys`), params: '"network"' }
const deaf = (): Promise<void> => new Promise(() => undefined)

function ownCapabilities(process: string, count: number, length = 10): Capability[] {
  const issuer = parseAddress(`${OUR_NAME}@${process}`)
  return Array.from({ length: count }, (_, at) => ({ issuer, params: `${at}`.padEnd(length, ' ') }))
}

/** A message of another node that says nothing, but comes with these rights. */
function fromAbroad(target: string, capabilities: readonly Capability[], mime?: string): KernelMessage {
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

function foreign(count: number, length: number): Capability[] {
  const issuer = parseAddress('bob.os@x:test:bob.os')
  return Array.from({ length: count }, (_, at) => ({ issuer, params: `"${at}"`.padEnd(length, ' ') }))
}

describe('what a message carries counts for what it takes', () => {
  test('of a guest: capabilities, a media type, the target', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    const costs: number[] = []
    await test.launch(A, async (guest) => {
      const cost = async (target: string, request: Parameters<Guest['send']>[1]): Promise<number> => {
        const before = guest.credits().bytes
        await guest.send(target, request)
        return before - guest.credits().bytes
      }
      const plain = await cost(`our@${B}`, {})
      costs.push((await cost(`our@${B}`, { capabilities: ownCapabilities(A, 1_000, 1_000) })) - plain)
      costs.push((await cost(`our@${B}`, { blob: { mime: 'm'.repeat(5_000), bytes: new Uint8Array(3) } })) - plain)
    })
    expect(costs).toEqual([1_000 * (256 + 1_000 + `${OUR_NAME}@${A}`.length), 5_003])
  })

  test('so that a guest which sends nothing but capabilities waits too', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    let sent = 0
    await test.launch(A, async (guest) => {
      for (; ; sent += 1) await guest.send(`our@${B}`, { capabilities: ownCapabilities(A, 1_000, 1_000) })
    })
    expect(sent).toBe(Math.floor(GUEST_CREDITS.bytes / (1_000 * (1_000 + 256 + 24) + 300)))
  })

  test.each([
    ['capabilities', () => fromAbroad(A, foreign(8, 1_000_000))],
    ['a media type', () => fromAbroad(A, [], 'm'.repeat(8_000_000))],
  ])('of another node: %s', async (_, make) => {
    const test = createTestKernel()
    await test.launch(A, deaf, { capabilities: [NETWORK] })
    for (let sent = 0; sent < 20; sent += 1) test.kernel.receive(make())
    const { inbox } = (await test.kernel.diagnostics()).find(({ id }) => id === A) ?? { inbox: undefined }
    expect(inbox?.messages).toBe(Math.floor(INBOX_MAX.bytes / 2 / 8_000_000))
    expect(inbox?.bytes).toBeLessThanOrEqual(INBOX_MAX.bytes / 2)
    expect(test.printed(0)).toEqual([expect.stringContaining(`${A} has too much mail waiting`)])
  })
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
    { onExit: { kind: 'restart' }, capabilities: [NETWORK] },
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
      { capabilities: [NETWORK] },
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
      { capabilities: [NETWORK] },
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

/** Its vfs has one component, of the script `never`. */
function createKernelThatSpawns(): TestKernel {
  const test = createTestKernel({ modules: [{ id: runtimeModule('vfs'), public: true, inbox: answerRead }] })
  function answerRead(delivery: Delivery): void {
    if (delivery.kind !== 'message') return
    const { id, target: source, source: target } = delivery.message
    const said = { inherit: false, body: new Uint8Array(0), metadata: undefined, capabilities: [], context: undefined }
    const blob = { mime: undefined, bytes: utf8ToBytes('never') }
    test.kernel.send({ id, source, target, rsvp: undefined, message: { kind: 'response', ...said }, blob })
  }
  test.scripts.set('never', never)
  return test
}

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

describe('what a process is made of is bounded', () => {
  const terms = { wasmBytesHandle: '/x', witVersion: 1, onExit: { kind: 'none' }, initialCapabilities: [] } as const
  const request = {
    target: parseAddress(`our@${B}`),
    inherit: false,
    expectsResponse: undefined,
    body: new Uint8Array(ON_EXIT_MAX.bytes), // as JSON, less than a request may have
    metadata: undefined,
    capabilities: [],
    blob: undefined,
  }
  const tooMuch = { kind: 'requests', requests: [request] } as const
  const longName = parseProcessId(`${'a'.repeat(PROCESS_ID_MAX_LENGTH)}:test:alice.os`)

  test.each([
    ['its name', longName, {}, 'has 526 characters, expected at most 512'],
    [
      'the path of its component',
      parseProcessId(A),
      { wasmBytesHandle: '/'.repeat(WASM_HANDLE_MAX_LENGTH + 1) },
      '4097',
    ],
    ['its on-exit', parseProcessId(A), { onExit: tooMuch }, 'its on-exit has 1 requests that count for'],
  ])('%s', async (_, id, more, told) => {
    const test = createTestKernel()
    const command = { kind: 'InitializeProcess', id, ...terms, ...more, public: false } as const
    test.scripts.set('x', never)
    expect(await test.command(command, { wasm: 'x' })).toEqual({ kind: 'InitializeProcessError' })
    expect(test.printed(0)).toEqual([expect.stringContaining(told)])
  })

  test('also of a child', async () => {
    const test = createKernelThatSpawns()
    await test.launch(A, async (guest) => void (await guest.spawn({ wasmPath: '/x', name: longName.process })))
    expect(test.printed(0)).toContainEqual(expect.stringContaining('has 526 characters, expected at most 512'))
    expect(test.printed(0)).toContainEqual(expect.stringContaining(`${A} trapped: cannot spawn`))
  })

  test('also what is set later: it stays as it was', async () => {
    const test = createTestKernel()
    await test.launch(A, async (guest) => {
      guest.setOnExit(tooMuch)
      await never(guest)
    })
    await test.command({ kind: 'SetOnExit', target: parseProcessId(A), onExit: tooMuch })
    expect(test.printed(0)).toEqual(
      Array.from({ length: 2 }, () =>
        expect.stringContaining(`the on-exit of ${A} stays as it was: its on-exit has 1`),
      ),
    )
    expect((await test.kernel.diagnostics()).find(({ id }) => id === A)?.onExit).toBe('none')
  })

  test.each([
    ['a target without a node', { target: { node: '', process: parseProcessId(B) } }],
    ['a target in one part', { target: { node: 'our', process: { process: B, package: '', publisher: '' } } }],
    [
      'a capability of nobody',
      { capabilities: [{ issuer: { node: 'our', process: { ...parseProcessId(B), publisher: '' } }, params: '1' }] },
    ],
  ])('also whom it names: what could not be read at the next boot is not kept (%s)', async (_, wrong) => {
    const store = createMemoryStore()
    const test = createTestKernel({ store })
    const onExit = { kind: 'requests', requests: [{ ...request, body: new Uint8Array(0), ...wrong }] } as const
    await test.launch(A, async (guest) => {
      guest.setOnExit(onExit)
      await never(guest)
    })
    expect(test.printed(0)).toEqual([
      expect.stringContaining(`the on-exit of ${A} stays as it was: its on-exit cannot be kept: address "`),
    ])
    expect(store.listProcesses().map(({ id }) => id)).not.toContain(A)
  })

  test('also its state', async () => {
    const test = createTestKernel()
    await test.launch(A, async (guest) => {
      await guest.ask({ kind: 'set-state', bytes: new Uint8Array(STATE_MAX_BYTES + 1) })
    })
    expect(test.printed(0)).toEqual([
      `${A} trapped: set-state failed: the state has ${STATE_MAX_BYTES + 1} bytes, expected at most ${STATE_MAX_BYTES}`,
    ])
    expect(test.store.readState(A)).toBeUndefined()
  })
})

test('a guest that changes what is kept faster than the disk takes it has to wait', async () => {
  const inner = createMemoryStore()
  let held = false
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let guest: GuestKernel | undefined
  const test = createTestKernel({
    store: { ...inner, commit: (changes) => (held ? gate.then(() => inner.commit(changes)) : inner.commit(changes)) },
    runner: {
      prepare: () => Promise.resolve({ sizeBytes: 0 }),
      start({ kernel }) {
        guest = kernel
        const usage = () => Promise.resolve({ cpuMs: 0, memoryBytes: 0 })
        return { kill: () => Promise.resolve(), usage, giveCredit: () => undefined }
      },
    },
  })
  await test.launch(A, never, { onExit: { kind: 'restart' } })
  held = true
  let done = 0
  for (const capability of ownCapabilities(A, COMMITS_MAX + 2)) {
    guest?.act({ kind: 'save-capabilities', capabilities: [capability] }, () => void (done += 1))
  }
  await idle()
  expect(done).toBe(COMMITS_MAX)
  release()
  await idle()
  expect(done).toBe(COMMITS_MAX + 2)
  guest?.act({ kind: 'print', verbosity: 0, text: 'x' }, () => void (done += 1))
  expect(done).toBe(COMMITS_MAX + 3)
})

test('a target with parts that are empty, or hold separators, is nobody, here and abroad', async () => {
  const test = createTestKernel()
  const errors: unknown[] = []
  const id = { process: 'kernel', package: 'distro', publisher: 'sys' }
  const targets = [
    { node: '', process: id },
    { node: 'our', process: { process: '', package: '', publisher: '' } },
    { node: 'our', process: { process: 'kernel:distro', package: 'sys', publisher: '' } },
    { node: 'our', process: { process: 'kernel:distro:sys', package: '', publisher: '' } },
    { node: `${OUR_NAME}@kernel:distro:sys`, process: id },
    { node: 'bob.os', process: { process: 'x:y', package: 'test', publisher: 'bob.os' } },
    { node: 'bob.os', process: { process: 'x'.repeat(ADDRESS_MAX_LENGTH), package: 'test', publisher: 'bob.os' } },
  ]
  const holds = { issuer: parseAddress(`${OUR_NAME}@kernel:distro:sys`), params: '"messaging"' }
  await test.launch(
    A,
    async (guest) => {
      for (const target of targets) {
        const body = utf8ToBytes('"Shutdown"')
        const request = { target, inherit: false, expectsResponse: 5n, body, metadata: undefined, capabilities: [] }
        const answer = await guest.ask({ kind: 'send-and-await', request: { ...request, blob: undefined } })
        errors.push(answer.kind === 'event' && answer.event.kind === 'send-error' && answer.event.error)
      }
    },
    { capabilities: [NETWORK, holds] },
  )
  expect(errors).toEqual(targets.map(() => 'timeout'))
  expect(test.sent).toEqual([])
})

test('a capability of an issuer whose name has no end is neither remembered nor held', async () => {
  const test = createTestKernel()
  const long = { issuer: parseAddress(`${'b'.repeat(ADDRESS_MAX_LENGTH)}@x:test:bob.os`), params: '1' }
  await test.launch(A, never)
  await test.kernel.grant(parseProcessId(A), [long])
  expect(test.kernel.has(parseProcessId(A), long)).toBe(false)
  expect(test.printed(0)).toHaveLength(1)
})
