import { UnreachableError, type VfsAction } from '@hyperware/protocol'
import { locate } from './drive-files.ts'
import type { Drives, Outcome } from './open-file.ts'
import { performRead } from './read-actions.ts'
import type { VfsPath } from './vfs-path.ts'
import { type Given, performChange, performWrite } from './write-actions.ts'

/**
 * Does one action on one path whose rights were checked (modules.md section 3).
 * @throws VfsFailure, or the error of the file system.
 */
export async function performAction(drives: Drives, action: VfsAction, path: VfsPath, given: Given): Promise<Outcome> {
  const place = await locate(drives.root, path)
  const outcome =
    (await performRead(drives, action, path, place)) ??
    (await performWrite(drives, action, place, given)) ??
    (await performChange(drives, action, place, given))
  if (outcome !== undefined) return outcome
  throw new UnreachableError({ code: 'unreachable', value: action.kind }, `Cannot do ${action.kind}: nothing does it`)
}
