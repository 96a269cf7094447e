import { expect, test } from 'vitest'
import type { VfsAction } from '@hyperware/protocol'
import { type Claim, Claims, claimsOf } from '../../../../node/modules/vfs/claims.ts'

const WRITE: VfsAction = { kind: 'Write' }
const READ: VfsAction = { kind: 'Read' }
const REMOVE_ALL: VfsAction = { kind: 'RemoveDirAll' }
const to = (newPath: string, kind: 'Rename' | 'CopyFile'): VfsAction => ({ kind, newPath })

type Asked = readonly [action: VfsAction, place: string, target?: string]

test.each<[string, Asked, Asked, boolean]>([
  ['two reads of a file', [READ, '/d/f'], [READ, '/d/f'], false],
  ['two reads at the cursor of a file', [{ kind: 'ReadToEnd' }, '/d/f'], [{ kind: 'ReadToEnd' }, '/d/f'], true],
  ['a read and a write of a file', [READ, '/d/f'], [WRITE, '/d/f'], true],
  ['writes of two files', [WRITE, '/d/f'], [WRITE, '/d/g'], false],
  ['a write and an append', [WRITE, '/d/f'], [{ kind: 'Append' }, '/d/f'], true],
  ['a write, and a list of its folder', [WRITE, '/d/f'], [{ kind: 'ReadDir' }, '/d'], false],
  ['a write, and the removal of a folder far above it', [WRITE, '/d/a/b/f'], [REMOVE_ALL, '/d/a'], true],
  ['a read, and the removal of its folder', [READ, '/d/a/f'], [{ kind: 'RemoveDir' }, '/d/a'], true],
  ['a write, and the removal of a folder whose name begins alike', [WRITE, '/d/ab/f'], [REMOVE_ALL, '/d/a'], false],
  ['the removals of a folder and of one in it', [REMOVE_ALL, '/d/a/b'], [REMOVE_ALL, '/d/a'], true],
  ['a write, and a folder that is moved away', [WRITE, '/d/a/f'], [to('/d/b', 'Rename'), '/d/a', '/d/b'], true],
  ['a write, and a folder that is moved there', [WRITE, '/d/b/f'], [to('/d/b', 'Rename'), '/d/a', '/d/b'], true],
  ['a write, and a zip that is unpacked above it', [WRITE, '/d/a/f'], [{ kind: 'AddZip' }, '/d/a'], true],
  ['a read, and a copy of the file', [READ, '/d/f'], [to('/d/g', 'CopyFile'), '/d/f', '/d/g'], false],
  ['a read, and a copy to the file', [READ, '/d/g'], [to('/d/g', 'CopyFile'), '/d/f', '/d/g'], true],
])('%s: one waits for the other is %s', async (_, one, other, waits) => {
  for (const [first, second] of [
    [one, other],
    [other, one],
  ] as const) {
    const claims = new Claims()
    const earlier = claims.take(claimsOf(...claimed(first)))
    const later = claims.take(claimsOf(...claimed(second)))
    expect(earlier.before).toBeUndefined()
    expect(later.before !== undefined).toBe(waits)
    earlier.end()
    await later.before
    later.end()
    expect(claims.take(claimsOf(...claimed(first))).before).toBeUndefined()
  }
})

function claimed([action, place, target]: Asked): Parameters<typeof claimsOf> {
  return [action, place, target]
}

test('turns come in the order they were taken, also to those that would not be in the way of what runs', async () => {
  const claims = new Claims()
  const order: string[] = []
  const take = (name: string, claim: Claim) => {
    const turn = claims.take([claim])
    return { ...turn, begun: turn.before?.then(() => order.push(name)) }
  }
  const reading = take('read', { place: '/d/f', use: 'shared' })
  const writing = take('write', { place: '/d/f', use: 'alone' })
  const readingToo = take('read too', { place: '/d/f', use: 'shared' })
  expect(reading.before).toBeUndefined()
  reading.end()
  await writing.begun
  expect(order).toEqual(['write'])
  writing.end()
  await readingToo.begun
  expect(order).toEqual(['write', 'read too'])
})

test('two that want the same two places do not wait for each other', async () => {
  const claims = new Claims()
  const forth = claims.take(claimsOf(to('/d/b', 'Rename'), '/d/a', '/d/b'))
  const back = claims.take(claimsOf(to('/d/a', 'Rename'), '/d/b', '/d/a'))
  expect(forth.before).toBeUndefined()
  forth.end()
  await back.before
  back.end()
})
