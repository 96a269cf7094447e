import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { ChainError } from '../../errors.ts'

const MAGIC = 'hyperware-chain-state-1'
const HEADER_MAX_BYTES = 4_096

/** What a saved state says about itself. Times are Unix seconds. */
export type StateHeader = {
  chainId: number
  block: number
  savedAt: number
  /** How far the chain's clock is ahead of the machine's, in seconds. */
  clockAheadSeconds: number
  /** The first block. A chain taken up again has to begin with the same one, or its history is another. */
  genesis: { hash: string; timestamp: number }
  /** Of the state bytes that follow, hex without prefix. */
  sha256: string
}

export type SavedState = { header: StateHeader; state: Buffer }

/** The newest copy, the one before it, the one being written, and the one that a restore replaced. */
export const stateFiles = (dir: string) => ({
  current: join(dir, 'state'),
  previous: join(dir, 'state.previous'),
  next: join(dir, 'state.next'),
  damaged: join(dir, 'state.damaged'),
})

function damaged(file: string, detail: string): ChainError {
  return new ChainError(
    { code: 'state-damaged', file, detail },
    `Cannot load the chain's state from "${file}": ${detail}`,
    {
      hint: 'the copy before it is kept: "hyperware chain restore" goes back to it, and "hyperware start --fresh" begins anew',
    },
  )
}

function decodeHeader(file: string, line: string): StateHeader {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw damaged(file, 'its header is not JSON')
  }
  const header = value as Partial<Record<keyof StateHeader, unknown>> | null
  const { chainId, block, savedAt, clockAheadSeconds, genesis, sha256 } = header ?? {}
  const { hash, timestamp } = (genesis ?? {}) as { hash?: unknown; timestamp?: unknown }
  if (
    typeof chainId !== 'number' ||
    typeof block !== 'number' ||
    typeof savedAt !== 'number' ||
    typeof clockAheadSeconds !== 'number' ||
    typeof hash !== 'string' ||
    typeof timestamp !== 'number' ||
    typeof sha256 !== 'string'
  ) {
    throw damaged(file, 'its header lacks a field, or one has the wrong type')
  }
  return { chainId, block, savedAt, clockAheadSeconds, genesis: { hash, timestamp }, sha256 }
}

/**
 * Reads one saved state and proves it whole.
 *
 * @throws ChainError `state-absent` when there is no such file, `state-damaged` when it is not what was written.
 */
export function readState(file: string): SavedState {
  if (!existsSync(file)) {
    throw new ChainError({ code: 'state-absent', file }, `Cannot load the chain's state: "${file}" does not exist`)
  }
  const bytes = readFileSync(file)
  const magicEnd = bytes.subarray(0, HEADER_MAX_BYTES).indexOf(10)
  if (magicEnd < 0 || bytes.toString('latin1', 0, magicEnd) !== MAGIC) {
    throw damaged(file, `it does not begin with "${MAGIC}"`)
  }
  const headerEnd = bytes.subarray(0, HEADER_MAX_BYTES).indexOf(10, magicEnd + 1)
  if (headerEnd < 0) throw damaged(file, 'its header does not end')
  const header = decodeHeader(file, bytes.toString('utf8', magicEnd + 1, headerEnd))
  const state = bytes.subarray(headerEnd + 1)
  const sha256 = createHash('sha256').update(state).digest('hex')
  if (sha256 !== header.sha256) {
    throw damaged(file, `its ${state.length} bytes have SHA-256 ${sha256}, expected ${header.sha256}`)
  }
  return { header, state }
}

function syncDirectory(dir: string): void {
  const handle = openSync(dir, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/**
 * The newest saved state of a chain folder, or undefined when none was ever saved.
 *
 * @throws ChainError `state-damaged` when it is not what was written, or gone while the copy before it is there.
 */
export function findState(dir: string): SavedState | undefined {
  const files = stateFiles(dir)
  if (existsSync(files.current)) return readState(files.current)
  if (existsSync(files.previous)) throw damaged(files.current, 'it does not exist, though the copy before it does')
  return undefined
}

/** Gives a file a second name, which another one may have had. */
function keepAs(name: string, file: string): void {
  rmSync(name, { force: true })
  linkSync(file, name)
}

/**
 * Writes a state so that a crash at any moment leaves either the old or the new one, whole: a new file, flushed, then
 * renamed over the current one, which stays as the previous copy.
 */
export async function writeState(dir: string, state: Buffer, about: Omit<StateHeader, 'sha256'>): Promise<void> {
  mkdirSync(dir, { recursive: true })
  const files = stateFiles(dir)
  const header: StateHeader = { ...about, sha256: createHash('sha256').update(state).digest('hex') }
  const handle = await open(files.next, 'w', 0o600)
  try {
    await handle.writeFile(Buffer.concat([Buffer.from(`${MAGIC}\n${JSON.stringify(header)}\n`), state]))
    await handle.datasync()
  } finally {
    await handle.close()
  }
  if (existsSync(files.current)) keepAs(files.previous, files.current)
  renameSync(files.next, files.current)
  syncDirectory(dir)
}

/**
 * Goes back to the copy before the newest one, which is kept beside it as `state.damaged`. A crash at any moment leaves
 * one of the two in force, and the other beside it.
 *
 * @throws ChainError when there is no previous copy, or it is damaged as well; nothing is changed then.
 */
export function restorePreviousState(dir: string): StateHeader {
  const files = stateFiles(dir)
  const { header } = readState(files.previous)
  if (existsSync(files.current)) keepAs(files.damaged, files.current)
  renameSync(files.previous, files.current)
  syncDirectory(dir)
  return header
}
