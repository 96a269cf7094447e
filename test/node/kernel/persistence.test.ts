import { parseProcessId, utf8ToBytes } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { createMemoryStore, type KernelStore, type StoreChange } from '../../../node/kernel/store.ts'
import { boot, createDistro, ENTRY, keptBy } from './boot-fixture.ts'
import { never } from './events.ts'
import { createTestKernel, idle, OUR_NAME } from './kernel-fixture.ts'
import { A, B } from './mailboxes.ts'
import { type Guest, messaging, type Script } from './scripted.ts'

/** A store in memory whose commits the test lets through, or fails; without changes none fails, as on a disk. */
function createHeldStore(): {
  store: KernelStore
  outcome: { fail: Error | undefined; held: boolean }
  /** Lets through what is held, and what comes; or the oldest one alone. */
  release: (which?: 'all' | 'oldest') => void
} {
  const inner = createMemoryStore()
  const outcome: { fail: Error | undefined; held: boolean } = { fail: undefined, held: false }
  const waiting: (() => void)[] = []
  const commit = async (changes: readonly StoreChange[]): Promise<void> => {
    if (outcome.held) await new Promise<void>((resolve) => void waiting.push(resolve))
    if (outcome.fail !== undefined && changes.length > 0) throw outcome.fail
    await inner.commit(changes)
  }
  return {
    store: { ...inner, commit },
    outcome,
    release(which = 'all') {
      outcome.held = which === 'oldest'
      for (const resolve of waiting.splice(0, which === 'oldest' ? 1 : waiting.length)) resolve()
    },
  }
}

describe('the disk', () => {
  test('comes before the answer: nothing is acknowledged that is not written', async () => {
    const { store, outcome, release } = createHeldStore()
    const test = createTestKernel({ store })
    let done = false
    await test.launch(A, async (guest) => {
      await guest.receive()
      await guest.ask({ kind: 'set-state', bytes: utf8ToBytes('x') })
      done = true
      await never(guest)
    })
    await test.launch(B, (guest) => guest.send(`our@${A}`), { capabilities: [messaging(OUR_NAME, A)], run: false })
    outcome.held = true
    await test.command({ kind: 'RunProcess', id: parseProcessId(B) })
    const answer = await test.command({ kind: 'SetOnExit', target: parseProcessId(A), onExit: { kind: 'restart' } })
    const killed = await test.command({ kind: 'KillProcess', id: parseProcessId(A) })
    expect([done, answer, killed]).toEqual([false, undefined, undefined])
    const before = test.heard.length
    release()
    await idle()
    expect(test.heard.length, 'of what was run and what was killed').toBe(before + 2)
  })

  test('that is full has no kill acknowledged, however often it is asked for', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    await test.launch(A, never, { onExit: { kind: 'restart' } })
    const kill = { kind: 'KillProcess', id: parseProcessId(A) } as const
    outcome.fail = new Error('disk full')
    expect([await test.command(kill), await test.command(kill)]).toEqual([undefined, undefined])
    outcome.fail = undefined
    expect(await test.command(kill)).toMatchObject({ kind: 'KilledProcess' })
    expect(store.listProcesses().map(({ id }) => id)).not.toContain(A)
  })

  test('has no kill acknowledged while an earlier one is on its way, or on its way again', async () => {
    const { store, outcome, release } = createHeldStore()
    const test = createTestKernel({ store })
    await test.launch(A, never, { onExit: { kind: 'restart' } })
    const kill = { kind: 'KillProcess', id: parseProcessId(A) } as const
    const before = test.heard.length
    const isKept = (): boolean => store.listProcesses().some(({ id }) => id === A)
    outcome.held = true
    await test.command(kill)
    await test.command(kill)
    outcome.fail = new Error('disk full')
    release('oldest')
    await idle()
    outcome.fail = undefined
    await test.clock.advance(1_000)
    // Of the second kill, which had nothing to write; the first is tried again after it.
    release('oldest')
    await idle()
    expect([test.heard.length - before, isKept()]).toEqual([0, true])
    release()
    await idle()
    expect([test.heard.length - before, isKept()]).toEqual([1, false])
  })

  test('has no right acknowledged that failed before', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    const later = Promise.withResolvers<void>()
    const set: Script = async (guest) => {
      await later.promise
      await guest.ask({ kind: 'set-state', bytes: utf8ToBytes('x') })
      await never(guest)
    }
    await test.launch(A, set, { onExit: { kind: 'restart' } })
    const right = messaging(OUR_NAME, 'c:test:alice.os')
    outcome.fail = new Error('disk full')
    await expect(test.kernel.grant(parseProcessId(A), [right])).rejects.toThrow('disk full')
    outcome.fail = undefined
    later.resolve()
    await idle()
    expect(await store.readState(A)).toEqual(utf8ToBytes('x'))
    await test.kernel.grant(parseProcessId(A), [right])
    expect(keptBy(store, A)).toContainEqual(right)
  })

  test('is not waited for by who asks what is so', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    outcome.held = true
    const question = { kind: 'Process', id: parseProcessId(A) } as const
    const answer = { kind: 'Process', process: undefined }
    expect(await test.command({ kind: 'Debug', question })).toEqual({ kind: 'Debug', answer })
  })

  test('that is full withholds the answer, says so, and is tried again', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    outcome.fail = new Error('disk full')
    await expect(test.launch(A, never, { onExit: { kind: 'restart' } })).rejects.toThrow(A)
    expect(test.printed(0)).toEqual(['the store could not be written: disk full'])
    expect(store.listProcesses().map(({ id }) => id)).not.toContain(A)
    outcome.fail = undefined
    await test.clock.advance(2_000)
    expect(store.listProcesses().find(({ id }) => id === A)).toMatchObject({ capabilities: [{}] })
  })

  test('keeps a process whose change failed at a boot that then left it out', async () => {
    const { store, outcome } = createHeldStore()
    const first = await boot(store, { chat: never }, { packages: [createDistro([ENTRY])] })
    await first.kernel.stop()
    const before = keptBy(store, 'chat:chat:sys')
    outcome.fail = new Error('disk full')
    const test = await boot(store, {}, { packages: [createDistro([ENTRY])] })
    expect(test.printed(0)).toContainEqual(expect.stringContaining('disk full'))
    expect(test.printed(0)).toContainEqual(expect.stringContaining('chat:chat:sys cannot be initialized'))
    outcome.fail = undefined
    await test.clock.advance(1_000)
    expect(before).not.toEqual([])
    expect(keptBy(store, 'chat:chat:sys')).toEqual(before)
  })

  test.each(['before the stop', 'during the stop'])(
    'is tried once more at the end, after it failed %s',
    async (when) => {
      const { store, outcome, release } = createHeldStore()
      const test = createTestKernel({ store })
      await test.launch(A, never, { onExit: { kind: 'restart' } })
      const right = messaging(OUR_NAME, B)
      outcome.held = true
      const granted = test.kernel.grant(parseProcessId(A), [right])
      const stopped = when === 'during the stop' ? test.kernel.stop() : undefined
      await idle()
      outcome.fail = new Error('disk full')
      release('oldest')
      await expect(granted).rejects.toThrow('disk full')
      outcome.fail = undefined
      release()
      await (stopped ?? test.kernel.stop())
      expect(keptBy(store, A)).toContainEqual(right)
      expect(test.printed(0)).toEqual(['the store could not be written: disk full'])
    },
  )

  test('that stays full is named at the end, with whose changes are lost', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    await test.launch(A, never, { onExit: { kind: 'restart' } })
    outcome.fail = new Error('disk full')
    await test.command({ kind: 'KillProcess', id: parseProcessId(A) })
    await test.kernel.stop()
    expect(test.printed(0).at(-1)).toBe(
      `the node ends with changes that could not be written, of ${A}, tester:distro:sys`,
    )
  })

  test('that is full traps a guest that sets its state', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    const set = async (guest: Guest): Promise<void> => {
      await guest.ask({ kind: 'set-state', bytes: utf8ToBytes('x') })
    }
    await test.launch(A, set, { run: false })
    outcome.fail = new Error('disk full')
    await test.command({ kind: 'RunProcess', id: parseProcessId(A) })
    expect(test.printed(0)).toContain(`${A} trapped: set-state failed: the store could not be written`)
  })

  test('that cannot be read gives no state, and says so', async () => {
    const store: KernelStore = {
      ...createMemoryStore(),
      readState: () => Promise.reject(new Error('bad sector')),
    }
    const test = createTestKernel({ store })
    let state: unknown
    await test.launch(A, async (guest) => {
      state = await guest.ask({ kind: 'get-state' })
    })
    expect(state).toEqual({ kind: 'state', bytes: undefined })
    expect(test.printed(0)).toEqual([`the state of ${A} cannot be read: bad sector`])
  })
})
