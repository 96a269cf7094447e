import { describe, expect, test } from 'vitest'
import { id, putCapability, putProcess, useStoreHome } from './store-fixture.ts'

const home = useStoreHome()
const { openHere, reopen } = home

describe('what is committed', () => {
  test('is there after a restart: processes with all their parts, capabilities as written, state', async () => {
    const store = await openHere()
    await store.commit([putProcess, putCapability, { kind: 'set-state', id, bytes: Uint8Array.of(1, 2, 3) }])
    const again = await reopen()
    expect(again.listProcesses()).toEqual([{ ...putProcess.process, capabilities: [putCapability.capability] }])
    expect(await again.readState(id)).toEqual(Uint8Array.of(1, 2, 3))
    await again.commit([
      { kind: 'remove-process', id },
      { kind: 'delete-state', id },
    ])
    const empty = await reopen()
    expect(empty.listProcesses()).toEqual([])
    expect(await empty.readState(id)).toBeUndefined()
    await empty.commit([putProcess])
    expect(empty.listProcesses()).toMatchObject([{ capabilities: [] }])
  })

  test('is read back before it is on disk, and when it is', async () => {
    const store = await openHere()
    const first = store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(1) }])
    const second = store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(2) }])
    expect(await store.readState(id)).toEqual(Uint8Array.of(2))
    await first
    expect(await store.readState(id)).toEqual(Uint8Array.of(2))
    await second
    expect(await store.readState(id)).toEqual(Uint8Array.of(2))
    const third = store.commit([{ kind: 'delete-state', id }])
    expect(await store.readState(id)).toBeUndefined()
    await third
    expect(await store.readState(id)).toBeUndefined()
  })

  test('is told when it cannot be sent to be written, and nothing waits for it', async () => {
    const store = await openHere()
    await store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(1) }])
    // No thread can be handed the memory of a WebAssembly instance.
    const bytes = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer)
    await expect(store.commit([{ kind: 'set-state', id, bytes }])).rejects.toThrow(
      /could not be cloned|detach|transfer/i,
    )
    const soon = new Promise((resolve) => setImmediate(resolve, 'later, from the thread that writes'))
    expect(await Promise.race([store.readState(id), soon])).toEqual(Uint8Array.of(1))
  })

  test('is read back when it is long, at any time, and each time anew', async () => {
    const store = await openHere()
    const long = (byte: number): Uint8Array => new Uint8Array(3_000_000).fill(byte)
    const read = async (): Promise<Uint8Array> => (await store.readState(id)) ?? new Uint8Array()
    const given = long(1)
    const first = store.commit([{ kind: 'set-state', id, bytes: given }])
    expect(given, 'handed over').toHaveLength(0)
    const before = await read()
    expect(Buffer.compare(before, long(1))).toBe(0)
    before.fill(9)
    await first
    expect(Buffer.compare(await read(), long(1))).toBe(0)
    // A part of a buffer does not take the rest of it along.
    const frame = long(2)
    const second = store.commit([{ kind: 'set-state', id, bytes: frame.subarray(0, 2_000_000) }])
    const third = store.commit([{ kind: 'set-state', id, bytes: long(3) }])
    expect(frame).toHaveLength(3_000_000)
    expect(Buffer.compare(await read(), long(3))).toBe(0)
    await Promise.all([second, third])
    const fourth = store.commit([{ kind: 'delete-state', id }])
    expect(await store.readState(id)).toBeUndefined()
    await fourth
  })

  test('is all of a commit or none, and a bad commit does not take others with it', async () => {
    const store = await openHere()
    // A null in a column that refuses it stands for whatever makes a write fail.
    const bad = { ...putCapability, key: null as unknown as string }
    const outcomes = await Promise.allSettled([
      store.commit([{ kind: 'set-state', id: 'before', bytes: Uint8Array.of(1) }]),
      store.commit([putProcess, bad]),
      store.commit([{ kind: 'set-state', id: 'after', bytes: Uint8Array.of(2) }]),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(store.listProcesses()).toEqual([])
    const again = await reopen()
    expect([await again.readState('before'), await again.readState('after')]).toEqual([
      Uint8Array.of(1),
      Uint8Array.of(2),
    ])
  })
})
