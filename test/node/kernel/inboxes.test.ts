import { parseAddress } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { CONTEXTS_MAX, INBOX_MAX } from '../../../node/kernel/limits.ts'
import { runtimeModule } from '../../../node/kernel/loop.ts'
import { never } from './events.ts'
import { createTestKernel, idle, type TestKernel } from './kernel-fixture.ts'
import { A, B, C, PUBLIC, deaf, inboxOf, remoteRequest, network } from './mailboxes.ts'

describe('what nobody pays for', () => {
  test('is one response to each request: others with its id do not even wait', async () => {
    const test = createTestKernel()
    await test.launch(
      A,
      async (guest) => {
        await guest.send('bob.os@x:test:bob.os', { expectsResponse: 5 })
        await deaf()
      },
      { capabilities: [network] },
    )
    const id = test.sent[0]?.id ?? 0n
    const { message, ...rest } = remoteRequest(A)
    const { body, metadata, capabilities } = message
    const response = { kind: 'response', inherit: false, body, metadata, capabilities, context: undefined } as const
    for (let sent = 0; sent < 100; sent += 1) test.kernel.receive({ ...rest, id, message: response })
    expect(await inboxOf(test, A)).toBe(1)
  })

  test('is dropped when too much waits: messages from the network', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, { capabilities: [network] })
    for (let sent = 0; sent < INBOX_MAX.messages + 5; sent += 1) test.kernel.receive(remoteRequest(B))
    expect(await inboxOf(test, B)).toBe(INBOX_MAX.messages / 2)
    // Said once: whoever floods a process shall not flood the terminal too.
    expect(test.printed(0)).toHaveLength(1)
    await test.launch(C, deaf, { capabilities: [network] })
    for (let sent = 0; sent < 20; sent += 1) test.kernel.receive(remoteRequest(C, 8 * 1_024 * 1_024))
    expect(await inboxOf(test, C)).toBe(3)
  })

  test('leaves room for other nodes when one floods, in messages and in bytes', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, { capabilities: [network] })
    await test.launch(C, deaf, { capabilities: [network] })
    const flood = (node: string): void => {
      for (let sent = 0; sent < INBOX_MAX.messages; sent += 1) test.kernel.receive(remoteRequest(B, 0, node))
      for (let sent = 0; sent < 20; sent += 1) test.kernel.receive(remoteRequest(C, 1_024 * 1_024, node))
      for (let sent = 0; sent < 20; sent += 1) test.kernel.receive(remoteRequest(C, 3 * 1_024 * 1_024, node))
    }
    const waiting: [number, number][] = []
    for (const node of ['bob.os', 'carol.os', 'dave.os']) {
      flood(node)
      waiting.push([await inboxOf(test, B), await inboxOf(test, C)])
    }
    expect(waiting).toEqual([
      [500, 23],
      [750, 40],
      [875, 48],
    ])
    test.kernel.receive(remoteRequest(B, 0, 'erin.os'))
    expect(await inboxOf(test, B)).toBe(876)
  })

  test('lets a node that was refused write again once the process has taken its mail', async () => {
    const test = createTestKernel()
    let taken = 0
    let go: () => void = () => undefined
    const told = new Promise<void>((resolve) => {
      go = resolve
    })
    await test.launch(
      B,
      async (guest) => {
        await told
        for (; ; taken += 1) await guest.receive()
      },
      { capabilities: [network] },
    )
    for (let sent = 0; sent < INBOX_MAX.messages; sent += 1) test.kernel.receive(remoteRequest(B))
    go()
    await idle()
    expect(taken).toBe(500)
    for (let sent = 0; sent < 3; sent += 1) test.kernel.receive(remoteRequest(B))
    await idle()
    expect(taken).toBe(503)
  })

  test('is refused when too much waits: `send` of a module says so', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    const message = { ...remoteRequest(B), source: parseAddress('our@tester:distro:sys') }
    const taken = Array.from({ length: INBOX_MAX.messages + 5 }, () => test.kernel.send(message))
    expect(taken.filter((each) => !each)).toHaveLength(5)
    expect(await inboxOf(test, B)).toBe(INBOX_MAX.messages)
  })

  test('is heard though too much waits: the response that a guest awaits', async () => {
    const test = createTestKernel()
    const heard: string[] = []
    await test.launch(
      A,
      async (guest) =>
        void heard.push((await guest.sendAndAwait('bob.os@x:test:bob.os', { expectsResponse: 60 })).kind),
      { capabilities: [network] },
    )
    for (const node of ['bob.os', 'carol.os', 'dave.os', 'erin.os']) {
      for (const size of [8, 4, 2, 1]) {
        for (let sent = 0; sent < 8; sent += 1) test.kernel.receive(remoteRequest(A, size * 1_024 * 1_024, node))
      }
    }
    const { message, ...rest } = remoteRequest(A, 4 * 1_024 * 1_024)
    const { body, metadata, capabilities } = message
    const response = { kind: 'response', inherit: false, body, metadata, capabilities, context: undefined } as const
    test.kernel.receive({ ...rest, id: test.sent[0]?.id ?? 0n, message: response })
    await idle()
    expect(heard).toEqual(['response'])
  })

  test('is refused when too much waits: of a response, whoever asked hears that it is lost', async () => {
    const vfs = runtimeModule('vfs')
    const test: TestKernel = createTestKernel({
      modules: [
        {
          id: vfs,
          public: true,
          inbox(delivery) {
            if (delivery.kind !== 'message') return
            const { id, source } = delivery.message
            const { message, ...rest } = remoteRequest(A)
            const { body, metadata, capabilities } = message
            const response = {
              kind: 'response',
              inherit: false,
              body,
              metadata,
              capabilities,
              context: undefined,
            } as const
            const blob = { mime: undefined, bytes: new Uint8Array(40 * 1_024 * 1_024) }
            test.kernel.send({
              ...rest,
              id,
              source: { node: 'our', process: vfs },
              target: source,
              message: response,
              blob,
            })
          },
        },
      ],
    })
    const heard: string[] = []
    await test.launch(A, async (guest) => {
      for (let sent = 0; sent < 3; sent += 1) await guest.send('our@vfs:distro:sys', { expectsResponse: 60 })
      for (;;) heard.push((await guest.receive()).kind)
    })
    expect(heard).toEqual(['response', 'send-error', 'send-error'])
  })

  test('requests that wait for a response are bounded, and the next ones fail at once', async () => {
    const test = createTestKernel()
    const errors: string[] = []
    await test.launch(B, never, PUBLIC)
    await test.launch(A, async (guest) => {
      for (let sent = 0; sent < CONTEXTS_MAX.requests + 10; sent += 1) {
        await guest.send(`our@${B}`, { expectsResponse: 3_600 })
      }
      for (;;) errors.push((await guest.receive()).kind)
    })
    for (let turn = 0; turn < 200 && errors.length < 10; turn += 1) await idle()
    expect(errors).toEqual(Array.from({ length: 10 }, () => 'send-error'))
    const diagnostics = await test.kernel.diagnostics()
    expect(diagnostics.find(({ id }) => id === A)?.awaited).toBe(CONTEXTS_MAX.requests)
  })
})

describe('requests of one inherited id, made again and again', () => {
  /** A holds a prompt and makes such a request whenever it is told to. */
  async function startFlood(target: string): Promise<{ test: TestKernel; again: () => Promise<void> }> {
    const test = createTestKernel()
    let go: () => void = () => undefined
    await test.launch(
      A,
      async (guest) => {
        await guest.receive()
        for (;;) {
          await guest.send(target, { inherit: true, expectsResponse: 0, body: new Uint8Array(1_024 * 1_024) })
          await new Promise<void>((resolve) => void (go = resolve))
        }
      },
      { public: true, capabilities: [network] },
    )
    await test.launch(
      B,
      async (guest) => {
        await guest.send(`our@${A}`, { expectsResponse: 600 })
        await never(guest)
      },
      PUBLIC,
    )
    return {
      test,
      async again() {
        go()
        await idle()
      },
    }
  }

  test('leave one timeout in the inbox of a process that never receives', async () => {
    const { test, again } = await startFlood(`our@${B}`)
    for (let sent = 0; sent < 100; sent += 1) {
      await test.clock.advance(1)
      await again()
    }
    expect(await inboxOf(test, A)).toBe(1)
    expect(test.printed(0)).toEqual([])
  })

  test('leave one error of the network there', async () => {
    const { test, again } = await startFlood('bob.os@x:test:bob.os')
    for (let sent = 1; sent <= 100; sent += 1) {
      const message = test.sent.at(-1)
      if (message === undefined || test.sent.length !== sent) throw new Error(`${test.sent.length} sent, not ${sent}`)
      test.kernel.sendFailed({ kind: 'offline', message, reason: 'away' })
      await again()
    }
    expect(await inboxOf(test, A)).toBe(1)
  })

  test('count what an error holds of an older one, so that no others can be made beside', async () => {
    const test = createTestKernel()
    const { promise: failed, resolve: fail } = Promise.withResolvers<void>()
    const heard: string[] = []
    await test.launch(
      A,
      async (guest) => {
        await guest.receive()
        const body = new Uint8Array(CONTEXTS_MAX.bytes / 2)
        await guest.send('bob.os@x:test:bob.os', { inherit: true, expectsResponse: 600, body })
        await guest.send('bob.os@x:test:bob.os', { inherit: true, expectsResponse: 600 })
        await guest.send('bob.os@x:test:bob.os', { expectsResponse: 600, body })
        await failed
        heard.push((await guest.sendAndAwait(`our@${B}`, { expectsResponse: 600 })).kind)
        await deaf()
      },
      { public: true, capabilities: [network] },
    )
    await test.launch(
      B,
      async (guest) => {
        await guest.send(`our@${A}`, { expectsResponse: 600 })
        for (;;) if ((await guest.receive()).kind === 'request') await guest.respond()
      },
      PUBLIC,
    )
    const [older] = test.sent
    if (older === undefined) throw new Error('nothing was sent')
    test.kernel.sendFailed({ kind: 'offline', message: older, reason: 'away' })
    fail()
    await idle()
    expect(heard).toEqual(['send-error'])
  })
})

test('an awaited request is answered by what waits for an older one of its id, as ever', async () => {
  const test = createTestKernel()
  const heard: string[] = []
  await test.launch(
    A,
    async (guest) => {
      await guest.receive()
      await guest.send(`our@${C}`, { inherit: true, expectsResponse: 0, body: 'older' })
      await test.clock.advance(1)
      const answer = await guest.sendAndAwait(`our@${C}`, { inherit: true, expectsResponse: 600, body: 'newer' })
      const failed =
        answer.kind === 'send-error' && answer.message.kind === 'request' ? answer.message.request : undefined
      heard.push(answer.kind, new TextDecoder().decode(failed?.body))
      await never(guest)
    },
    PUBLIC,
  )
  await test.launch(C, never, PUBLIC)
  await test.launch(
    B,
    async (guest) => {
      await guest.send(`our@${A}`, { expectsResponse: 600 })
      await never(guest)
    },
    PUBLIC,
  )
  await idle()
  expect(heard).toEqual(['send-error', 'older'])
})
