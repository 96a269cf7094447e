import { HyperwareError, quote } from '@hyperware/protocol'

export type StoreProblem =
  | { code: 'store-damaged'; path: string; detail: string }
  | { code: 'store-foreign'; path: string; detail: string }
  | { code: 'store-newer'; path: string; version: number; expected: number }
  | { code: 'store-of-another-node'; path: string; found: string; expected: string }
  | { code: 'store-unusable'; path: string; detail: string }

/** A kernel store that this node will not start with. It is left as it was found. */
export class StoreError extends HyperwareError<StoreProblem> {}

/** A copy of the store that was found sound. */
type Backup = { readonly path: string; readonly madeAt: Date }

export function storeDamaged(
  path: string,
  detail: string,
  { cause, backup }: { cause?: unknown; backup?: Backup } = {},
): StoreError {
  return new StoreError({ code: 'store-damaged', path, detail }, `Cannot use the kernel store "${path}": ${detail}`, {
    hint: recovery(path, backup),
    cause,
  })
}

function recovery(path: string, backup: Backup | undefined): string {
  const away = `nothing was changed; move "${path}" away together with "${path}-wal" and "${path}-shm", where they are`
  if (backup === undefined) return `${away}, to start without any process: there is no backup that can be used`
  const copy = `copy "${backup.path}", which was made at ${backup.madeAt.toISOString()}, to "${path}"`
  return `${away}; then ${copy}, or start without any process`
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
