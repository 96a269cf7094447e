import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Capability,
  equalProcessIds,
  formatPackageId,
  formatProcessId,
  json,
  KERNEL_PROCESS,
  type KernelMessage,
  type ProcessId,
  type VfsError,
  vfsRequestJson,
  type VfsRequest,
  vfsResponseJson,
  VFS_PROCESS,
} from '@hyperware/protocol'
import { makePrivateFolder } from '../../disk/private-folder.ts'
import { answerTo } from '../answer.ts'
import { Claims } from './claims.ts'
import { Cursors } from './cursors.ts'
import { vfsRoot } from './drive-files.ts'
import { performAction } from './file-actions.ts'
import type { Drives, Outcome } from './open-file.ts'
import { listAboveDrives, READS_MAX_BYTES } from './read-actions.ts'
import { createReadRoom, type ReadSeat } from './read-room.ts'
import { vfsErrorOf, VfsFailure } from './io-error.ts'
import { driveCapability, mayUse, rightFor, rootCapability } from './rights.ts'
import { decodeVfsPath, foldersAboveDrives, type VfsPath } from './vfs-path.ts'

/** What vfs needs of its node. */
export type VfsDeps = {
  readonly ourName: string
  /** The home folder; drives lie in `vfs/` under it. */
  readonly home: string
  /** Whether a process holds a capability. */
  readonly has: (process: ProcessId, capability: Capability) => boolean
  /** Gives capabilities that vfs issues to a process; resolves when they are kept. */
  readonly grant: (process: ProcessId, capabilities: readonly Capability[]) => Promise<void>
  readonly send: (message: KernelMessage) => void
  /** What reads may have in memory together, when it is not `READS_MAX_BYTES`. */
  readonly readsMaxBytes?: number | undefined
}

export type Vfs = {
  /**
   * Takes a request; resolves when it was answered. Requests of one process are done in the order they come, those of
   * several side by side unless they are in each other's way: one that changes a file has it alone, one that removes,
   * moves or fills a folder has it alone with all in it.
   */
  readonly handle: (message: KernelMessage) => Promise<void>
}

/** Where files are while they are written: in no drive, so that nobody lists them, and a killed node leaves none there. */
const WRITING = '.writing'

/** The module `vfs:distro:sys` (modules.md section 3). */
export async function createVfs(deps: VfsDeps): Promise<Vfs> {
  const drives: Drives = {
    root: vfsRoot(deps.home),
    writing: join(deps.home, WRITING),
    cursors: new Cursors(),
    claims: new Claims(),
    readRoom: createReadRoom(deps.readsMaxBytes ?? READS_MAX_BYTES),
  }
  await makePrivateFolder(drives.root)
  await rm(drives.writing, { recursive: true, force: true })
  await makePrivateFolder(drives.writing)
  const last = new Map<string, Promise<void>>()

  return {
    handle(message) {
      // Only processes of this node have files here.
      if (message.source.node !== deps.ourName || message.message.kind === 'response') return Promise.resolve()
      const sender = formatProcessId(message.source.process)
      // A request that a fault of ours broke off, which the kernel tells, does not take those after it with it.
      const before = (last.get(sender) ?? Promise.resolve()).catch(() => undefined)
      const done = before.then(() => answer(deps, drives, message))
      last.set(sender, done)
      return done.finally(() => {
        if (last.get(sender) === done) last.delete(sender)
      })
    },
  }
}

async function answer(deps: VfsDeps, drives: Drives, message: KernelMessage): Promise<void> {
  const seat = drives.readRoom.enter(formatPackageId(message.source.process))
  try {
    answerWith(deps, message, await outcomeOf(deps, drives, message, seat))
  } finally {
    seat.leave()
  }
}

function answerWith(deps: VfsDeps, message: KernelMessage, outcome: Outcome): void {
  const failed = outcome.response.kind === 'Err'
  const { message: asked } = message
  const expected = asked.kind === 'request' && asked.expectsResponse !== undefined
  if (!expected && (failed || message.rsvp === undefined)) return
  deps.send(
    answerTo({ node: deps.ourName, process: VFS_PROCESS }, message, {
      body: json.encodeWith(vfsResponseJson, outcome.response),
      bytes: outcome.bytes,
      metadata: failed ? undefined : asked.metadata,
    }),
  )
}

async function outcomeOf(deps: VfsDeps, drives: Drives, message: KernelMessage, seat: ReadSeat): Promise<Outcome> {
  const request = json.decodeRequest(vfsRequestJson, 'the request', message.message.body)
  if (!request.ok) return failure({ kind: 'MalformedRequest' })
  try {
    return await perform(deps, drives, message, request.value, seat)
  } catch (error) {
    return failure(vfsErrorOf(error))
  }
}

async function perform(
  deps: VfsDeps,
  drives: Drives,
  message: KernelMessage,
  { path: text, action }: VfsRequest,
  seat: ReadSeat,
): Promise<Outcome> {
  const sender = message.source.process
  const isKernel = equalProcessIds(sender, KERNEL_PROCESS)
  const folders = action.kind === 'ReadDir' ? foldersAboveDrives(text) : undefined
  if (folders !== undefined) {
    if (isKernel || deps.has(sender, rootCapability(deps.ourName))) {
      return listAboveDrives(drives.root, folders, seat.hold)
    }
    return failure({ kind: 'NoReadCap' })
  }
  const path = decodeOrFail(text)
  const newPath = 'newPath' in action ? decodeOrFail(action.newPath) : undefined
  const right = rightFor(action)
  for (const used of newPath === undefined ? [path] : [path, newPath]) {
    if (!isKernel && !mayUse(deps, sender, right, used)) {
      return failure({ kind: right === 'read' ? 'NoReadCap' : 'NoWriteCap' })
    }
  }
  const outcome = await performAction(drives, action, path, { blob: message.blob?.bytes, newPath, seat })
  if (action.kind !== 'CreateDrive') return outcome
  const granted = deps.grant(sender, [
    driveCapability(deps.ourName, 'read', path),
    driveCapability(deps.ourName, 'write', path),
  ])
  return granted.then(
    () => outcome,
    () => failure({ kind: 'AddCapFailed' }), // the kernel says why
  )
}

function decodeOrFail(text: string): VfsPath {
  const path = decodeVfsPath(text)
  if (!path.ok) throw new VfsFailure({ kind: 'MalformedRequest' })
  return path.value
}

function failure(error: VfsError): Outcome {
  return { response: { kind: 'Err', error } }
}
