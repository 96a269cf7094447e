import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { type FileHandle, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToUtf8, MESSAGE_MAX_BYTES, type VfsAction, type VfsEntry, type VfsFileType } from '@hyperware/protocol'
import { ioFailure } from './io-error.ts'
import { type Drives, offsetOf, type Outcome, withFile } from './open-file.ts'
import { formatVfsPath, type VfsPath } from './vfs-path.ts'

/** The most entries `ReadDir` lists. */
export const ENTRIES_MAX = 100_000
/** Local messages are not cut to what fits on the network, but neither may one take the memory of the node. */
export const READ_MAX_BYTES = 16 * MESSAGE_MAX_BYTES

/** Does an action that changes no file; undefined when `action` is not one. `place` is where `path` lies on the disk. */
export async function performRead(
  drives: Drives,
  action: VfsAction,
  path: VfsPath,
  place: string,
): Promise<Outcome | undefined> {
  switch (action.kind) {
    case 'Read':
      return { response: { kind: 'Read' }, bytes: await readFrom(place, 0) }
    case 'ReadToEnd':
      return { response: { kind: 'Read' }, bytes: await readToEnd(drives, place) }
    case 'ReadExact':
      return { response: { kind: 'Read' }, bytes: await readExactly(drives, place, action.length) }
    case 'ReadToString':
      return { response: { kind: 'ReadToString', text: utf8Of(await readToEnd(drives, place)) } }
    case 'ReadDir':
      return { response: { kind: 'ReadDir', entries: await listFolder(place, formatVfsPath(path)) } }
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
function readFrom(place: string, at: number): Promise<Uint8Array> {
  return withFile(place, 'r', async (file) => {
    const found = await file.stat()
    if (found.isDirectory()) throw ioFailure('Is a directory (os error 21)')
    const length = Math.max(0, found.size - at)
    if (length > READ_MAX_BYTES) throw ioFailure('File too large (os error 27)')
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

async function readToEnd({ cursors }: Drives, place: string): Promise<Uint8Array> {
  const at = cursors.get(place)
  const bytes = await readFrom(place, at)
  cursors.set(place, at + bytes.length)
  return bytes
}

async function readExactly({ cursors }: Drives, place: string, length: bigint): Promise<Uint8Array> {
  const wanted = offsetOf(length)
  const at = cursors.get(place)
  return withFile(place, 'r', async (file) => {
    const { size } = await file.stat()
    if (at + wanted > size) throw ioFailure('failed to fill whole buffer')
    if (wanted > READ_MAX_BYTES) throw ioFailure('File too large (os error 27)')
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

async function listFolder(place: string, path: string): Promise<readonly VfsEntry[]> {
  const found = await readdir(place, { withFileTypes: true })
  if (found.length > ENTRIES_MAX) throw ioFailure('File too large (os error 27)')
  return found.map((entry) => ({
    path: path === '' ? entry.name : `${path}/${entry.name}`,
    fileType: fileTypeOf(entry),
  }))
}

/** The list of packages, or of one package's drives. */
export async function listAboveDrives(root: string, folders: readonly string[]): Promise<Outcome> {
  const entries = await listFolder(join(root, ...folders), folders.join('/'))
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
