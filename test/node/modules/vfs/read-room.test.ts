import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { VfsAction } from '@hyperware/protocol'
import { createReadRoom, type ReadSeat } from '../../../../node/modules/vfs/read-room.ts'
import { type Asked, openDrives } from './drives.ts'

/** A room of 100 bytes, and who was admitted to it so far. */
function openRoom() {
  const room = createReadRoom(100)
  const admitted: string[] = []
  const seats = new Map<string, ReadSeat>()
  return {
    /** `name` begins with the name of the package. */
    hold(name: string, bytes: number): void {
      const seat = room.enter(name.slice(0, 1))
      seats.set(name, seat)
      void seat.hold(bytes).then(() => admitted.push(name))
    },
    leave: (name: string) => seats.get(name)?.leave(),
    async admitted(): Promise<readonly string[]> {
      await new Promise((resolve) => setImmediate(resolve))
      return admitted.splice(0)
    },
  }
}

describe('readers', () => {
  test('that have room together read together, and the next when there is room', async () => {
    const room = openRoom()
    room.hold('a1', 60)
    room.hold('b1', 40)
    room.hold('c1', 30)
    expect(await room.admitted()).toEqual(['a1', 'b1'])
    room.leave('b1')
    expect(await room.admitted()).toEqual(['c1'])
  })

  test('of one package go in the order in which they came, and of several in turn', async () => {
    const room = openRoom()
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) room.hold(name, 100)
    const order: string[] = []
    for (let next = await room.admitted(); next.length > 0; next = await room.admitted()) {
      order.push(...next)
      for (const name of next) room.leave(name)
    }
    expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
  })

  test('that need little do not go past one that needs much', async () => {
    const room = openRoom()
    room.hold('a1', 60)
    room.hold('b1', 50)
    room.hold('c1', 10)
    expect(await room.admitted()).toEqual(['a1'])
    room.leave('a1')
    expect(await room.admitted()).toEqual(['b1', 'c1'])
  })

  test('that need more than there is read alone', async () => {
    const room = openRoom()
    room.hold('a1', 10)
    room.hold('b1', 101)
    room.hold('c1', 1)
    expect(await room.admitted()).toEqual(['a1'])
    room.leave('a1')
    expect(await room.admitted()).toEqual(['b1'])
    room.leave('b1')
    expect(await room.admitted()).toEqual(['c1'])
  })

  test('that leave twice, or hold nothing, give nothing back', async () => {
    const room = openRoom()
    room.hold('a1', 100)
    room.hold('b1', 100)
    room.hold('c1', 1)
    room.leave('a1')
    room.leave('a1')
    expect(await room.admitted()).toEqual(['a1', 'b1'])
  })
})

const READERS = 8

const text = ({ body, bytes }: Asked): string =>
  bytes === undefined ? (body as { ReadToString: string }).ReadToString : Buffer.from(bytes).toString()

describe('a file or a folder is read when there is room, which an answer takes until the kernel has it', () => {
  test.for<{ action: VfsAction; changesSeen: (asked: Asked) => number }>([
    { action: { kind: 'Read' }, changesSeen: (asked) => Number(text(asked)) },
    { action: { kind: 'ReadToEnd' }, changesSeen: (asked) => Number(text(asked)) },
    { action: { kind: 'ReadExact', length: 4n }, changesSeen: (asked) => Number(text(asked)) },
    { action: { kind: 'ReadToString' }, changesSeen: (asked) => Number(text(asked)) },
    {
      action: { kind: 'ReadDir' },
      changesSeen: ({ body }) => (body as { ReadDir: readonly unknown[] }).ReadDir.length - 1,
    },
  ])('$action.kind', async ({ action, changesSeen }) => {
    const home = await mkdtemp(join(tmpdir(), 'vfs-'))
    let changes = 0
    /** Every file says how many changes there were, and its folder has one more for each. */
    const change = (): void => {
      for (let index = 0; index < READERS; index += 1) {
        const folder = join(home, 'vfs/app:pub.os/data', String(index))
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, `added-${changes}`), '')
        writeFileSync(join(folder, '..', `file-${index}`), String(changes).padStart(4, '0'))
      }
      changes += 1
    }
    const drives = await openDrives({ home, readsMaxBytes: 1, send: change })
    change()
    const asked = await Promise.all(
      Array.from({ length: READERS }, (_, index) => {
        const path = action.kind === 'ReadDir' ? String(index) : `file-${index}`
        return drives.ask(`/app:pub.os/data/${path}`, action, { as: `p${index}:app:pub.os` })
      }),
    )
    expect(asked.map(changesSeen).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('and gives back when it cannot be read as it was to be', async () => {
    const drives = await openDrives({ readsMaxBytes: 1 })
    const file = '/app:pub.os/data/file'
    await drives.ask('/app:pub.os/data', { kind: 'CreateDrive' })
    await drives.ask(file, { kind: 'Write' }, { bytes: Uint8Array.of(0xff) })
    expect((await drives.ask(file, { kind: 'ReadToString' })).body).toHaveProperty('Err')
    expect((await drives.ask(file, { kind: 'Read' })).bytes).toEqual(Uint8Array.of(0xff))
  })
})
