import { parseAddress, parseProcessId } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { GUEST_CREDITS } from '../../../node/kernel/guest.ts'
import { CONTEXTS_MAX, PAID_MAX } from '../../../node/kernel/limits.ts'
import { runtimeModule } from '../../../node/kernel/loop.ts'
import { bodyOf, never } from './events.ts'
import { createTestKernel, idle, OUR_NAME, type TestKernel } from './kernel-fixture.ts'
import { type Guest, messaging } from './scripted.ts'
import { A, B, C, PUBLIC, STUCK_SECONDS, PACKAGE_MESSAGES, deaf, inboxOf } from './mailboxes.ts'

describe('credits', () => {
  test('are all back when everything was taken, refused, or sent abroad', async () => {
    const { launch } = createTestKernel()
    await launch(B, never, PUBLIC)
    const credits: unknown[] = []
    await launch(
      A,
      async (guest) => {
        await guest.send(`our@${B}`, { body: 'taken', blob: 'x', context: 'c', metadata: 'm' })
        await guest.send('our@nobody:test:alice.os', { body: 'nowhere' })
        await guest.send('bob.os@x:test:bob.os', { body: 'abroad' })
        await guest.sendAll([1, 2, 3].map((each) => ({ target: `our@${B}`, request: { body: String(each) } })))
        await guest.respond({ body: 'to nobody' })
        await guest.sendAndAwait('our@nobody:test:alice.os')
        await guest.send(`our@${B}`, { expectsResponse: 1, body: 'a context' })
        await guest.send('our@kernel:distro:sys', { body: 'a command' })
        await idle()
        credits.push(guest.credits())
      },
      { capabilities: [{ issuer: parseAddress(`${OUR_NAME}@kernel:distro:sys`), params: '"network"' }] },
    )
    expect(credits).toEqual([GUEST_CREDITS])
  })

  test('run out at a target that takes nothing, and the sender waits; they come back as it takes', async () => {
    const test = createTestKernel()
    const taken: string[] = []
    let take: () => void = () => undefined
    const begin = new Promise<void>((resolve) => {
      take = resolve
    })
    await test.launch(
      B,
      async (guest) => {
        await begin
        for (;;) taken.push(bodyOf(await guest.receive()))
      },
      PUBLIC,
    )
    let sent = 0
    await test.launch(A, async (guest) => {
      for (; sent < 1_000; sent += 1) await guest.send(`our@${B}`, { body: String(sent) })
    })
    await idle()
    expect(sent).toBe(GUEST_CREDITS.messages)
    expect(await inboxOf(test, B)).toBe(GUEST_CREDITS.messages)
    take()
    for (let turn = 0; turn < 10; turn += 1) await idle()
    expect(taken).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index)))
  })

  test('count bytes too', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    let sent = 0
    await test.launch(A, async (guest) => {
      for (; sent < 100; sent += 1) await guest.send(`our@${B}`, { body: new Uint8Array(4 * 1_024 * 1_024) })
    })
    expect(sent).toBe(7)
  })

  test('count an inherited blob too: what a guest hands on waits at its target like any other', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    let handedOn = 0
    await test.launch(
      C,
      async (guest) => {
        for (; ; handedOn += 1) {
          await guest.receive()
          await guest.send(`our@${B}`, { inherit: true })
        }
      },
      PUBLIC,
    )
    await test.launch(A, async (guest) => {
      for (let sent = 0; sent < 20; sent += 1) {
        await guest.send(`our@${C}`, { blob: { mime: undefined, bytes: new Uint8Array(4 * 1_024 * 1_024) } })
      }
    })
    await idle()
    expect(handedOn).toBe(7)
    const waiting = (await test.kernel.diagnostics()).find(({ id }) => id === B)?.inbox
    expect(waiting?.bytes).toBeGreaterThan(7 * 4 * 1_024 * 1_024)
  })

  test('of a module are held until its promise settles', async () => {
    const settle: (() => void)[] = []
    const slow = {
      id: runtimeModule('slow'),
      public: true,
      inbox: () => new Promise<void>((resolve) => void settle.push(resolve)),
    }
    const test = createTestKernel({ modules: [slow] })
    let credits: unknown
    let guest: Guest | undefined
    await test.launch(A, async (started) => {
      guest = started
      await started.send('our@slow:distro:sys')
      await deaf()
    })
    credits = guest?.credits().messages
    expect(credits).toBe(GUEST_CREDITS.messages - 1)
    settle[0]?.()
    await idle()
    expect(guest?.credits()).toEqual(GUEST_CREDITS)
  })
})

describe('a guest that gets no credit back', () => {
  test('for a few seconds is lent it: it goes on, its mail stays, and more to the same target fails at once', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    await test.launch(C, never, PUBLIC)
    const outcome: string[] = []
    await test.launch(A, async (guest) => {
      for (let sent = 0; sent < GUEST_CREDITS.messages; sent += 1) await guest.send(`our@${B}`)
      await guest.send(`our@${C}`)
      outcome.push('lent')
      for (let sent = GUEST_CREDITS.messages; sent < PACKAGE_MESSAGES; sent += 1) await guest.send(`our@${B}`)
      outcome.push('full')
      await guest.send(`our@${B}`)
      outcome.push((await guest.sendAndAwait(`our@${B}`, { expectsResponse: 600 })).kind)
      await deaf()
    })
    expect(outcome).toEqual([])
    await test.clock.advance(STUCK_SECONDS * 1_000)
    expect(outcome).toEqual(['lent'])
    await test.clock.advance(5 * STUCK_SECONDS * 1_000)
    // One request that a guest awaits is let through: its target may only be slow.
    expect(outcome).toEqual(['lent', 'full'])
    expect(await inboxOf(test, B)).toBe(PACKAGE_MESSAGES + 1)
    const refusals = test.printed(0).filter((text) => text.includes('does not take its messages'))
    expect(refusals).toEqual([expect.stringContaining(`${B} does not take its messages: ${PACKAGE_MESSAGES} messages`)])
    expect(refusals[0]).toContain('of test:alice.os wait')
  })

  test('and awaits each request: one goes through, the others fail at once, until the target takes mail', async () => {
    const test = createTestKernel()
    const { promise: begin, resolve: take } = Promise.withResolvers<void>()
    await test.launch(
      B,
      async (guest) => {
        await begin
        await never(guest)
      },
      PUBLIC,
    )
    const { promise: thousandth, resolve: reach } = Promise.withResolvers<void>()
    await test.launch(A, async (guest) => {
      for (let sent = 0; sent < PACKAGE_MESSAGES; sent += 1) await guest.send(`our@${B}`)
      for (let asked = 0; asked < 1_000; asked += 1) await guest.sendAndAwait(`our@${B}`, { expectsResponse: 0 })
      reach()
      await guest.sendAndAwait(`our@${B}`, { expectsResponse: 600 })
    })
    await test.clock.advance(5 * STUCK_SECONDS * 1_000)
    await thousandth
    expect(await inboxOf(test, B)).toBe(PACKAGE_MESSAGES + 1)
    take()
    await idle()
    expect(await inboxOf(test, B)).toBe(0)
  })

  test('and awaits what it sends to itself hears an error each time', async () => {
    const test = createTestKernel()
    let heard = 0
    await test.launch(A, async (guest) => {
      for (; heard < 2 * PACKAGE_MESSAGES; heard += 1) await guest.sendAndAwait(`our@${A}`, { expectsResponse: 0 })
      await deaf()
    })
    for (let seconds = 0; seconds < 60; seconds += 1) await test.clock.advance(1_000)
    expect(heard).toBe(2 * PACKAGE_MESSAGES)
    expect(await inboxOf(test, A)).toBe(PACKAGE_MESSAGES + 1)
  })

  test('and whose inbox is full of its own errors hears that what it awaits is one too many', async () => {
    const test = createTestKernel()
    await test.launch(B, never, PUBLIC)
    const heard: string[] = []
    await test.launch(A, async (guest) => {
      const most = CONTEXTS_MAX.requests + PACKAGE_MESSAGES + 10
      for (let sent = 0; sent < most; sent += 1) await guest.send(`our@${B}`, { expectsResponse: 3_600 })
      for (let asked = 0; asked < 3; asked += 1)
        heard.push((await guest.sendAndAwait(`our@${B}`, { expectsResponse: 3_600 })).kind)
      await deaf()
    })
    await test.clock.advance(6 * STUCK_SECONDS * 1_000)
    expect(heard).toEqual(['send-error', 'send-error', 'send-error'])
  })

  test('to itself: a self-flood ends in errors it can take, not in endless memory', async () => {
    const test = createTestKernel()
    let sent = 0
    await test.launch(A, async (guest) => {
      for (; sent < 3_000; sent += 1) await guest.send(`our@${A}`, { expectsResponse: 3_600 })
      await never(guest)
    })
    for (let seconds = 0; seconds < 60; seconds += 1) await test.clock.advance(1_000)
    expect(sent).toBe(3_000)
    expect(await inboxOf(test, A)).toBeLessThanOrEqual(2 * GUEST_CREDITS.messages)
  })

  test('in a circle of two that only send: both go on', async () => {
    const test = createTestKernel()
    const sent = new Map<string, number>()
    const flood = (target: string) => async (guest: Guest) => {
      for (let count = 1; count <= 600; count += 1) {
        await guest.send(`our@${target}`)
        sent.set(target, count)
      }
      await never(guest)
    }
    await test.launch(A, flood(B), PUBLIC)
    await test.launch(B, flood(A), PUBLIC)
    for (let seconds = 0; seconds < 30; seconds += 1) await test.clock.advance(1_000)
    expect([...sent]).toEqual([
      [B, 600],
      [A, 600],
    ])
  })
})

describe('what waits at a process that never receives is bounded', () => {
  const MIB = 1_024 * 1_024
  /** One process after another sends as much as it has credits for, and returns. */
  async function floodOf(test: TestKernel, names: readonly string[], size: number): Promise<void> {
    for (const name of names) {
      await test.launch(name, async (guest) => {
        const each = { body: new Uint8Array(size) }
        const count = size === 0 ? GUEST_CREDITS.messages : Math.floor(GUEST_CREDITS.bytes / (size + 1_000))
        for (let sent = 0; sent < count; sent += 1) await guest.send(`our@${B}`, each)
      })
    }
  }
  const namesOf = (packageName: string, count: number): string[] =>
    Array.from({ length: count }, (_, at) => `a${at}:${packageName}:alice.os`)

  test('however many short-lived processes of a package send to it: in messages', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    await floodOf(test, namesOf('flood', 20), 0)
    expect(await inboxOf(test, B)).toBe(PACKAGE_MESSAGES)
    expect(test.printed(0)).toEqual([
      expect.stringContaining(`${B} does not take its messages: ${PACKAGE_MESSAGES} messages`),
    ])
  })

  test('however many short-lived processes of a package send to it: in bytes', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    await floodOf(test, namesOf('flood', 20), MIB)
    const inbox = (await test.kernel.diagnostics()).find(({ id }) => id === B)?.inbox.bytes
    expect(inbox).toBeGreaterThanOrEqual(PAID_MAX.bytes / 2)
    expect(inbox).toBeLessThan(PAID_MAX.bytes / 2 + 2 * MIB)
  })

  test('and leaves room for other packages, in all up to a total', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    const waiting: number[] = []
    for (const packageName of ['one', 'two', 'three', 'four']) {
      await floodOf(test, namesOf(packageName, 5), 0)
      waiting.push(await inboxOf(test, B))
    }
    expect(waiting).toEqual([1_024, 1_536, 1_792, 1_920])
    // One message each: more packages than shares are kept of, but these have mail there.
    for (let at = 0; at < 200; at += 1) {
      await test.launch(`a:more${at}:alice.os`, (guest) => guest.send(`our@${B}`))
    }
    expect(await inboxOf(test, B)).toBe(PAID_MAX.messages)
  })

  test('but every response that it asked for, however many they are and whoever they come from', async () => {
    const test = createTestKernel()
    const workers = namesOf('work', 8)
    for (const name of workers) {
      await test.launch(
        name,
        async (guest) => {
          for (;;) {
            await guest.receive()
            await guest.respond()
          }
        },
        { ...PUBLIC, capabilities: [messaging(OUR_NAME, A)] },
      )
    }
    const heard: string[] = []
    await test.launch(A, async (guest) => {
      for (let round = 0; round < 250; round += 1) {
        for (const name of workers) await guest.send(`our@${name}`, { expectsResponse: 60 })
      }
      while (heard.length < 250 * workers.length) heard.push((await guest.receive()).kind)
    })
    for (let turn = 0; turn < 20; turn += 1) await idle()
    expect(heard).toHaveLength(2_000)
    expect(new Set(heard)).toEqual(new Set(['response']))
  })

  test('and of each request that went nowhere it hears, at the latest when its time is over', async () => {
    const test = createTestKernel()
    const most = PACKAGE_MESSAGES + 300
    let heard = 0
    await test.launch(A, async (guest) => {
      for (let sent = 0; sent < most; sent += 1) await guest.send(`our@${B}`, { expectsResponse: 60 })
      for (; heard < most; heard += 1) await guest.receive()
    })
    await test.clock.advance(200_000)
    expect(heard).toBe(most)
  })

  test('and the package is heard again once its mail was taken', async () => {
    const test = createTestKernel()
    const { promise: begin, resolve: take } = Promise.withResolvers<void>()
    let taken = 0
    await test.launch(
      B,
      async (guest) => {
        await begin
        for (; ; taken += 1) await guest.receive()
      },
      PUBLIC,
    )
    await floodOf(test, namesOf('flood', 5), 0)
    take()
    await idle()
    expect(taken).toBe(PACKAGE_MESSAGES)
    await floodOf(test, namesOf('flood', 1), 0)
    expect(taken).toBe(PACKAGE_MESSAGES + GUEST_CREDITS.messages)
  })

  test('but what its siblings flood it with leaves a process room for its own errors', async () => {
    const test = createTestKernel()
    const { promise: begin, resolve: go } = Promise.withResolvers<void>()
    const heard: string[] = []
    await test.launch(
      B,
      async (guest) => {
        await begin
        await guest.send('our@nobody:test:alice.os', { expectsResponse: 600 })
        for (let count = 0; count < PACKAGE_MESSAGES; count += 1) await guest.receive()
        heard.push((await guest.receive()).kind)
      },
      PUBLIC,
    )
    await floodOf(test, namesOf('test', 5), 0)
    go()
    await idle()
    expect(heard).toEqual(['send-error'])
  })
})

test('credits that were lent are not given back again when the mail is taken at last', async () => {
  const test = createTestKernel()
  let take: () => void = () => undefined
  const begin = new Promise<void>((resolve) => {
    take = resolve
  })
  await test.launch(
    B,
    async (guest) => {
      await begin
      await never(guest)
    },
    PUBLIC,
  )
  let guest: Guest | undefined
  await test.launch(A, async (started) => {
    guest = started
    for (let sent = 0; sent < 10; sent += 1) await started.send(`our@${B}`)
    await deaf()
  })
  expect(guest?.credits().messages).toBe(GUEST_CREDITS.messages - 10)
  await test.clock.advance(STUCK_SECONDS * 1_000)
  expect(guest?.credits()).toEqual(GUEST_CREDITS)
  take()
  await idle()
  expect(await inboxOf(test, B)).toBe(0)
  expect(guest?.credits()).toEqual(GUEST_CREDITS)
})

test('nothing is left of a killed process: no timers fire, no credits are owed', async () => {
  const test = createTestKernel()
  await test.launch(B, deaf, PUBLIC)
  await test.launch(A, async (guest) => {
    for (let sent = 0; sent < 10; sent += 1) await guest.send(`our@${B}`, { expectsResponse: 5 })
    await never(guest)
  })
  await test.command({ kind: 'KillProcess', id: parseProcessId(A) })
  await test.clock.advance(20_000)
  expect(await inboxOf(test, B)).toBe(10)
  await test.command({ kind: 'KillProcess', id: parseProcessId(B) })
  expect(await inboxOf(test, B)).toBe(-1)
})

test('a module that throws, or whose promise rejects, costs its message only', async () => {
  const bad = {
    id: runtimeModule('bad'),
    public: true,
    inbox: (delivery: { kind: string }) => {
      if (delivery.kind === 'message') throw new Error('at once')
    },
  }
  const worse = { id: runtimeModule('worse'), public: true, inbox: () => Promise.reject(new Error('later')) }
  const test = createTestKernel({ modules: [bad, worse] })
  let credits: unknown
  await test.launch(A, async (guest) => {
    await guest.send('our@bad:distro:sys')
    await guest.send('our@worse:distro:sys')
    await idle()
    credits = guest.credits()
  })
  expect(test.printed(0)).toEqual([
    'bad:distro:sys failed at a message: at once',
    'worse:distro:sys failed at a message: later',
  ])
  expect(credits).toEqual(GUEST_CREDITS)
})
