import {
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  open,
  rename,
  rm,
  rmdir,
  stat,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import type { VfsAction } from '@hyperware/protocol'
import { writeFileAtomically } from '../../disk/atomic-file.ts'
import { VfsFailure } from './io-error.ts'
import { type Drives, offsetOf, type Outcome, withFile } from './open-file.ts'
import { openZip, ZipError } from './zip.ts'

const OK: Outcome = { response: { kind: 'Ok' } }

/** What comes with an action: the bytes beside the request, and where the second path of Rename and CopyFile lies. */
export type Given = { readonly blob: Uint8Array | undefined; readonly target: string | undefined }

/** Does an action on the content of a file; undefined when `action` is not one. */
export async function performWrite(
  drives: Drives,
  action: VfsAction,
  place: string,
  given: Given,
): Promise<Outcome | undefined> {
  const { cursors } = drives
  switch (action.kind) {
    case 'CreateFile':
      await (await open(place, 'w')).close()
      cursors.set(place, 0)
      return OK
    case 'OpenFile':
      await (await open(place, action.create ? 'a' : 'r+')).close()
      cursors.set(place, 0)
      return OK
    case 'CloseFile':
      cursors.forget(place)
      return OK
    case 'Write':
      await writeFileAtomically(place, blobOf(given.blob), { partialIn: drives.writing })
      return OK
    case 'WriteAll':
      return writeAt(drives, place, cursors.get(place), blobOf(given.blob))
    case 'Append':
      return writeAt(drives, place, (await stat(place)).size, blobOf(given.blob))
    case 'SetLen':
      await truncate(place, offsetOf(action.length))
      return OK
    case 'SyncAll':
      return withFile(place, 'r', async (file) => {
        await file.sync()
        return OK
      })
    default:
      return undefined
  }
}

/** Does an action on what lies in a folder; undefined when `action` is not one. */
export async function performChange(
  drives: Drives,
  action: VfsAction,
  place: string,
  given: Given,
): Promise<Outcome | undefined> {
  const { cursors } = drives
  switch (action.kind) {
    case 'CreateDrive':
    case 'CreateDirAll':
      await mkdir(place, { recursive: true })
      return OK
    case 'CreateDir':
      await mkdir(place)
      return OK
    case 'RemoveFile':
      await unlink(place)
      cursors.forget(place)
      return OK
    case 'RemoveDir':
      await rmdir(place)
      return OK
    case 'RemoveDirAll':
      await lstat(place)
      await rm(place, { recursive: true })
      cursors.forgetUnder(place)
      return OK
    case 'Rename': {
      const target = targetOf(given.target)
      await rename(place, target)
      cursors.forgetUnder(place)
      cursors.forgetUnder(target)
      return OK
    }
    case 'CopyFile':
      await copyFile(place, targetOf(given.target))
      return OK
    case 'AddZip':
      return addZip(drives, place, blobOf(given.blob))
    default:
      return undefined
  }
}

function blobOf(blob: Uint8Array | undefined): Uint8Array {
  if (blob === undefined) throw new VfsFailure({ kind: 'NoBlob' })
  return blob
}

function targetOf(target: string | undefined): string {
  if (target === undefined) throw new VfsFailure({ kind: 'MalformedRequest' })
  return target
}

/** The file must exist; the cursor ends behind what was written. */
function writeAt({ cursors }: Drives, place: string, at: number, bytes: Uint8Array): Promise<Outcome> {
  return withFile(place, 'r+', async (file) => {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done)
      done += bytesWritten
    }
    cursors.set(place, at + bytes.length)
    return OK
  })
}

/**
 * Unpacks under `place`, which is made; folders of its files too. Nothing is there unless the whole zip is sound, and the
 * disk has room for it: all of it is unpacked elsewhere first.
 */
async function addZip({ writing }: Drives, place: string, bytes: Uint8Array): Promise<Outcome> {
  const unpacked = await mkdtemp(join(writing, 'zip-'))
  try {
    const { files, folders } = openZip(bytes)
    for (const [index, file] of files.entries()) {
      await writeFile(join(unpacked, String(index)), file.unpack(), { mode: 0o644, flush: true })
    }
    const filled = new Set([place])
    for (const folder of folders) filled.add(join(place, ...folder))
    for (const { path } of files) filled.add(join(place, ...path.slice(0, -1)))
    for (const folder of filled) await mkdir(folder, { recursive: true })
    for (const [index, { path }] of files.entries()) {
      await rename(join(unpacked, String(index)), join(place, ...path))
    }
    for (const folder of filled) await withFile(folder, 'r', (opened) => opened.sync())
    return OK
  } catch (error) {
    throw error instanceof ZipError ? new VfsFailure({ kind: 'UnzipError' }) : error
  } finally {
    await rm(unpacked, { recursive: true, force: true })
  }
}
