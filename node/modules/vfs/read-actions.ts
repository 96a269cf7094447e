import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { type FileHandle, opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToUtf8, MESSAGE_MAX_BYTES, type VfsAction, type VfsEntry, type VfsFileType } from '@hyperware/protocol'
import { ioFailure } from './io-error.ts'
import { type Drives, offsetOf, type Outcome, withFile } from './open-file.ts'
import type { ReadSeat } from './read-room.ts'
import { formatVfsPath, type VfsPath } from './vfs-path.ts'

/** The most entries `ReadDir` lists. */
export const ENTRIES_MAX = 100_000
/** Local messages are not cut to what fits on the network, but neither may one take the memory of the node. */
export const READ_MAX_BYTES = 16 * MESSAGE_MAX_BYTES
/** What all reads together may have in memory: two of the longest ones, and some have to wait. */
export const READS_MAX_BYTES = 2 * READ_MAX_BYTES
/** A file as text is there as bytes and as the body of the answer, and as text and as JSON with two bytes for each. */
const TEXT_COPIES = 6
/** A path in a list is there as text, as JSON and as the body. */
const PATH_COPIES = 3
const NAME_MAX_BYTES = 255
/** What an entry takes beside its path. */
const ENTRY_BYTES = 200
/** Entries of a folder for which the disk is asked at once. */
const READ_TOGETHER = 1_000

/** Waits until there is room for so many bytes. */
type Hold = ReadSeat['hold']

/**
 * Does an action that changes no file; undefined when `action` is not one. `place` is where `path` lies on the disk. What
 * takes memory is read when `hold` says so.
 */
export async function performRead(
  drives: Drives,
  action: VfsAction,
  path: VfsPath,
  place: string,
  hold: Hold,
): Promise<Outcome | undefined> {
  switch (action.kind) {
    case 'Read':
      return { response: { kind: 'Read' }, bytes: await readFrom(place, 0, hold) }
    case 'ReadToEnd':
      return { response: { kind: 'Read' }, bytes: await readToEnd(drives, place, hold) }
    case 'ReadExact':
      return { response: { kind: 'Read' }, bytes: await readExactly(drives, place, action.length, hold) }
    case 'ReadToString':
      return {
        response: {
          kind: 'ReadToString',
          text: utf8Of(await readToEnd(drives, place, (bytes) => hold(TEXT_COPIES * bytes))),
        },
      }
    case 'ReadDir':
      return { response: { kind: 'ReadDir', entries: await listFolder(place, formatVfsPath(path), hold) } }
    case 'Seek':
      return seek(drives, place, action)
    case 'Metadata': {
      const found = await stat(place)
      return { response: { kind: 'Metadata', fileType: fileTypeOf(found), len: BigInt(found.size) } }
    }
    case 'Len':
      return { response: { kind: 'Len', len: BigInt((await stat(place)).size) } }
    case 'Hash':
      return hash(drives, place)
    default:
      return undefined
  }
}

/** Everything from `at` to the end, when it fits into one message. */
function readFrom(place: string, at: number, hold: Hold): Promise<Uint8Array> {
  return withFile(place, 'r', async (file) => {
    const found = await file.stat()
    if (found.isDirectory()) throw ioFailure('Is a directory (os error 21)')
    const length = Math.max(0, found.size - at)
    if (length > READ_MAX_BYTES) throw ioFailure('File too large (os error 27)')
    await hold(length)
    const bytes = new Uint8Array(length)
    return bytes.subarray(0, await fill(file, bytes, at))
  })
}

async function fill(file: FileHandle, bytes: Uint8Array, at: number): Promise<number> {
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

async function readToEnd({ cursors }: Drives, place: string, hold: Hold): Promise<Uint8Array> {
  const at = cursors.get(place)
  const bytes = await readFrom(place, at, hold)
  cursors.set(place, at + bytes.length)
  return bytes
}

async function readExactly({ cursors }: Drives, place: string, length: bigint, hold: Hold): Promise<Uint8Array> {
  const wanted = offsetOf(length)
  const at = cursors.get(place)
  return withFile(place, 'r', async (file) => {
    const { size } = await file.stat()
    if (at + wanted > size) throw ioFailure('failed to fill whole buffer')
    if (wanted > READ_MAX_BYTES) throw ioFailure('File too large (os error 27)')
    await hold(wanted)
    const bytes = new Uint8Array(wanted)
    if ((await fill(file, bytes, at)) < wanted) throw ioFailure('failed to fill whole buffer')
    cursors.set(place, at + wanted)
    return bytes
  })
}

function utf8Of(bytes: Uint8Array): string {
  const text = bytesToUtf8(bytes)
  if (!text.ok) throw ioFailure('stream did not contain valid UTF-8')
  return text.value
}

/** How many there are shows when they are read: it counts for as many as it may list. */
async function listFolder(place: string, path: string, hold: Hold): Promise<readonly VfsEntry[]> {
  await hold(ENTRIES_MAX * (PATH_COPIES * (path.length + NAME_MAX_BYTES) + ENTRY_BYTES))
  const entries: VfsEntry[] = []
  for await (const entry of await opendir(place, { bufferSize: READ_TOGETHER })) {
    if (entries.length === ENTRIES_MAX) throw ioFailure('File too large (os error 27)')
    entries.push({ path: path === '' ? entry.name : `${path}/${entry.name}`, fileType: fileTypeOf(entry) })
  }
  return entries
}

/** The list of packages, or of one package's drives. */
export async function listAboveDrives(root: string, folders: readonly string[], hold: Hold): Promise<Outcome> {
  const entries = await listFolder(join(root, ...folders), folders.join('/'), hold)
  return { response: { kind: 'ReadDir', entries } }
}

function fileTypeOf(entry: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): VfsFileType {
  if (entry.isSymbolicLink()) return 'Symlink'
  if (entry.isDirectory()) return 'Directory'
  return entry.isFile() ? 'File' : 'Other'
}

async function seek(
  { cursors }: Drives,
  place: string,
  { from, offset }: Extract<VfsAction, { kind: 'Seek' }>,
): Promise<Outcome> {
  const { size } = await stat(place)
  const start = { Start: 0, End: size, Current: cursors.get(place) }[from]
  const at = offsetOf(BigInt(start) + offset)
  cursors.set(place, at)
  return { response: { kind: 'SeekFrom', newOffset: BigInt(at) } }
}

/** SHA-256 of the whole file; the cursor ends at its end, as on live nodes. */
async function hash({ cursors }: Drives, place: string): Promise<Outcome> {
  const sha256 = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream(place) as AsyncIterable<Buffer>) {
    sha256.update(chunk)
    size += chunk.length
  }
  cursors.set(place, size)
  return { response: { kind: 'Hash', sha256: new Uint8Array(sha256.digest()) } }
}
