import { type FileHandle, open } from 'node:fs/promises'
import type { VfsResponse } from '@hyperware/protocol'
import type { Claims } from './claims.ts'
import type { Cursors } from './cursors.ts'
import { ioFailure } from './io-error.ts'
import type { ReadRoom } from './read-room.ts'

/** Files of one node's drives: `root` is the folder that holds them, `writing` the one for files while they are written. */
export type Drives = {
  readonly root: string
  readonly writing: string
  readonly cursors: Cursors
  readonly claims: Claims
  readonly readRoom: ReadRoom
}

/** What an action comes to: the answer, and the bytes that go with it. */
export type Outcome = { readonly response: VfsResponse; readonly bytes?: Uint8Array }

/** A place in a file; what no file reaches is an invalid argument. */
export function offsetOf(offset: bigint): number {
  if (offset < 0n || offset > BigInt(Number.MAX_SAFE_INTEGER)) throw ioFailure('Invalid argument (os error 22)')
  return Number(offset)
}

/** Opens a file for as long as `use` takes. */
export async function withFile<T>(place: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(place, flags)
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}
