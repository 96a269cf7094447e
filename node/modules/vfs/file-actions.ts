import { UnreachableError, type VfsAction } from '@hyperware/protocol'
import { claimsOf } from './claims.ts'
import { type Located, locateTruly } from './drive-files.ts'
import type { Drives, Outcome } from './open-file.ts'
import { performRead } from './read-actions.ts'
import type { ReadSeat } from './read-room.ts'
import type { VfsPath } from './vfs-path.ts'
import { performChange, performWrite } from './write-actions.ts'

/** Where the paths of an action lie; the second is that of Rename and CopyFile. */
type Places = { readonly first: Located; readonly second: Located | undefined }

/** What comes with an action: bytes, a second path, and the seat of who asks, for what it reads. */
type Asked = {
  readonly blob: Uint8Array | undefined
  readonly newPath: VfsPath | undefined
  readonly seat: ReadSeat
}

/**
 * Does one action on one path, and for Rename and CopyFile a second one, whose rights were checked (modules.md section
 * 3), when no other action is in its way. @throws VfsFailure, or the error of the file system.
 */
export async function performAction(
  drives: Drives,
  action: VfsAction,
  path: VfsPath,
  { blob, newPath, seat }: Asked,
): Promise<Outcome> {
  for (;;) {
    const places = await findPlaces(drives, path, newPath)
    const turn = drives.claims.take(claimsOf(action, places.first.truePlace, places.second?.truePlace))
    try {
      if (turn.before !== undefined) {
        await turn.before
        // What went before may have moved a link, so that the path leads to another place now, or out of its drive.
        if (!areSame(places, await findPlaces(drives, path, newPath))) continue
      }
      return await perform(drives, action, path, places, { blob, seat })
    } finally {
      turn.end()
    }
  }
}

async function findPlaces({ root }: Drives, path: VfsPath, newPath: VfsPath | undefined): Promise<Places> {
  const [first, second] = await Promise.all([
    locateTruly(root, path),
    newPath === undefined ? undefined : locateTruly(root, newPath),
  ])
  return { first, second }
}

function areSame(some: Places, others: Places): boolean {
  return some.first.truePlace === others.first.truePlace && some.second?.truePlace === others.second?.truePlace
}

async function perform(
  drives: Drives,
  action: VfsAction,
  path: VfsPath,
  { first: { place }, second }: Places,
  { blob, seat }: Pick<Asked, 'blob' | 'seat'>,
): Promise<Outcome> {
  const given = { blob, target: second?.place }
  const outcome =
    (await performRead(drives, action, path, place, seat.hold)) ??
    (await performWrite(drives, action, place, given)) ??
    (await performChange(drives, action, place, given))
  if (outcome !== undefined) return outcome
  throw new UnreachableError({ code: 'unreachable', value: action.kind }, `Cannot do ${action.kind}: nothing does it`)
}
