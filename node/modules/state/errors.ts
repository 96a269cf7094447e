import { HyperwareError, quote } from '@hyperware/protocol'

export type StoreProblem =
  | { code: 'store-damaged'; path: string; detail: string }
  | { code: 'store-foreign'; path: string; detail: string }
  | { code: 'store-newer'; path: string; version: number; expected: number }
  | { code: 'store-of-another-node'; path: string; found: string; expected: string }
  | { code: 'store-unusable'; path: string; detail: string }

/** A kernel store that this node will not start with. It is left as it was found. */
export class StoreError extends HyperwareError<StoreProblem> {}

const RECOVER =
  'nothing was changed; move kernel.sqlite away together with kernel.sqlite-wal and kernel.sqlite-shm, where they are; ' +
  'then put a copy of backup/kernel.sqlite from the same folder in its place, or start without any process'

export function storeDamaged(path: string, detail: string, cause?: unknown): StoreError {
  return new StoreError({ code: 'store-damaged', path, detail }, `Cannot use the kernel store "${path}": ${detail}`, {
    hint: RECOVER,
    cause,
  })
}

export function storeForeign(path: string, detail: string): StoreError {
  return new StoreError({ code: 'store-foreign', path, detail }, `Cannot use the kernel store "${path}": ${detail}`, {
    hint: 'nothing was changed; give the node another home folder, or move that file away to start without any process',
  })
}

export function storeNewer(path: string, version: number, expected: number): StoreError {
  return new StoreError(
    { code: 'store-newer', path, version, expected },
    `Cannot use the kernel store "${path}": its form is version ${version}, expected at most ${expected}`,
    { hint: 'a newer release of this node wrote it; run that one' },
  )
}

export function storeOfAnotherNode(path: string, found: string, expected: string): StoreError {
  return new StoreError(
    { code: 'store-of-another-node', path, found, expected },
    `Cannot use the kernel store "${path}": it belongs to ${quote(found)}, expected ${quote(expected)}`,
    { hint: 'the rights in it name that node; give this node a home folder of its own' },
  )
}

export function storeUnusable(path: string, cause: unknown): StoreError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new StoreError({ code: 'store-unusable', path, detail }, `Cannot use the kernel store "${path}": ${detail}`, {
    hint: 'this user must be able to write there, and the disk must have room',
    cause,
  })
}
