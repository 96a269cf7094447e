import { type DatabaseSync, type StatementSync } from 'node:sqlite'
import { digestOf } from './schema.ts'

/** A change in the form that crosses threads: text and bytes only. */
export type Row =
  | {
      readonly kind: 'put-process'
      readonly values: readonly [
        id: string,
        handle: string,
        wit: number | null,
        onExit: string,
        isPublic: number,
        memoryMaxBytes: number | null,
      ]
    }
  | { readonly kind: 'remove-process'; readonly values: readonly [id: string] }
  | {
      readonly kind: 'put-capability'
      readonly values: readonly [holder: string, key: string, issuer: string, params: string, signature: Uint8Array]
    }
  | { readonly kind: 'remove-capability'; readonly values: readonly [holder: string, key: string] }
  | { readonly kind: 'set-state'; readonly values: readonly [id: string, bytes: Uint8Array] }
  | { readonly kind: 'delete-state'; readonly values: readonly [id: string] }

/** Rows that are written together or not at all. */
export type Batch = { readonly id: number; readonly rows: readonly Row[] }
/** Asks for a state as the batches before it leave it. */
export type Read = { readonly id: number; readonly stateOf: string }
/** How one of them ended; with the state that was asked for, where there is one. */
export type Result = { readonly id: number; readonly problem: string | undefined; readonly state?: Uint8Array }

const STATEMENTS: Readonly<Record<Row['kind'], readonly string[]>> = {
  'put-process': ['INSERT OR REPLACE INTO process VALUES (?, ?, ?, ?, ?, ?, ?)'],
  'remove-process': ['DELETE FROM process WHERE id = ?', 'DELETE FROM capability WHERE holder = ?'],
  'put-capability': ['INSERT OR REPLACE INTO capability VALUES (?, ?, ?, ?, ?, ?)'],
  'remove-capability': ['DELETE FROM capability WHERE holder = ? AND key = ?'],
  'set-state': [
    'INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value, digest = excluded.digest',
  ],
  'delete-state': ['DELETE FROM state WHERE id = ?'],
}

/** Rows with a digest of their values in the last column. */
const HAS_DIGEST: ReadonlySet<Row['kind']> = new Set(['put-process', 'put-capability', 'set-state'])

/** Writes batches: all in one transaction when that works, so that they share one flush, else each in its own. */
export function createWriter(database: DatabaseSync): (batches: readonly Batch[]) => readonly Result[] {
  const prepared = new Map<Row['kind'], readonly StatementSync[]>(
    Object.entries(STATEMENTS).map(([kind, texts]) => [
      kind as Row['kind'],
      texts.map((text) => database.prepare(text)),
    ]),
  )

  function write(batches: readonly Batch[]): string | undefined {
    try {
      database.exec('BEGIN IMMEDIATE')
      for (const { rows } of batches) for (const row of rows) apply(row)
      database.exec('COMMIT')
      return undefined
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      return reasonOf(error)
    }
  }

  function apply({ kind, values }: Row): void {
    const written = HAS_DIGEST.has(kind) ? [...values, digestOf(values)] : values
    for (const statement of prepared.get(kind) ?? []) statement.run(...written)
  }

  return (batches) => {
    const problem = write(batches)
    if (problem === undefined || batches.length === 1) return batches.map(({ id }) => ({ id, problem }))
    return batches.map((batch) => ({ id: batch.id, problem: write([batch]) }))
  }
}

/** Reads states, as committed. */
export function createReader(database: DatabaseSync): (read: Read) => Result {
  const select = database.prepare('SELECT value FROM state WHERE id = ?')
  return ({ id, stateOf }) => {
    try {
      const state = select.get(stateOf)?.['value']
      return state instanceof Uint8Array ? { id, problem: undefined, state } : { id, problem: undefined }
    } catch (error) {
      return { id, problem: reasonOf(error) }
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
