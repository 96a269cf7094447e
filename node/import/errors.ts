import { HyperwareError, quote } from '@hyperware/protocol'

export type ImportProblem =
  | { code: 'reference-home'; home: string; problem: string }
  | { code: 'reference-in-use'; home: string }
  | { code: 'target-home'; home: string; problem: string }
  | { code: 'ldb-missing'; tried: readonly string[] }
  | { code: 'ldb-failed'; problem: string }
  | { code: 'database-damaged'; folder: string; detail: string }
  | { code: 'process-map'; problem: string }
  | { code: 'state-key'; key: string }
  | { code: 'copy-failed'; path: string; detail: string }

/** A home of the reference node that cannot be taken over. It is never changed, and no new home was made. */
export class ImportError extends HyperwareError<ImportProblem> {}

/** What is in that folder is not a home that the reference has run in. */
export function notReference(home: string, problem: string): ImportError {
  return new ImportError({ code: 'reference-home', home, problem }, `Cannot import "${home}": ${problem}`, {
    hint: 'name the home folder of a reference node (Hyperdrive), which holds .keys, kernel and vfs',
  })
}

export function referenceInUse(home: string): ImportError {
  return new ImportError({ code: 'reference-in-use', home }, `Cannot import "${home}": a node runs in it`, {
    hint: 'stop that node first; what it writes meanwhile would be missing, or half there',
  })
}

export function badTarget(home: string, problem: string): ImportError {
  return new ImportError({ code: 'target-home', home, problem }, `Cannot make home folder "${home}": ${problem}`, {
    hint: 'name a folder that does not exist yet, or an empty one',
  })
}

export function ldbMissing(tried: readonly string[]): ImportError {
  return new ImportError(
    { code: 'ldb-missing', tried },
    `Cannot read RocksDB: none of ${tried.map(quote).join(', ')} is RocksDB's command line tool`,
    {
      hint: 'install it (Debian and Ubuntu: apt-get install rocksdb-tools; macOS: brew install rocksdb), or name it with --ldb',
    },
  )
}

export function ldbFailed(problem: string, cause?: unknown): ImportError {
  return new ImportError({ code: 'ldb-failed', problem }, `Cannot read RocksDB: ${problem}`, { cause })
}

export function databaseDamaged(folder: string, detail: string, version: string): ImportError {
  return new ImportError(
    { code: 'database-damaged', folder, detail },
    `Cannot read the database "${folder}": ${detail}`,
    {
      hint:
        'when it is damaged, start the reference node in this home once and stop it, which mends a log, or put ' +
        `kernel/backup in the place of kernel in a copy; when a RocksDB newer than ${version} wrote it, name a newer ldb with --ldb`,
    },
  )
}

export function badProcessMap(problem: string): ImportError {
  return new ImportError(
    { code: 'process-map', problem },
    `Cannot read the process map (state of kernel:distro:sys): ${problem}`,
    { hint: 'a release of the reference that this importer does not know may have written it' },
  )
}

export function badStateKey(key: string, problem: string): ImportError {
  return new ImportError({ code: 'state-key', key }, `Cannot read the state under key ${key}: ${problem}`, {
    hint: 'this database holds something else than the states of processes',
  })
}

export function copyFailed(path: string, cause: unknown): ImportError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new ImportError({ code: 'copy-failed', path, detail }, `Cannot copy "${path}": ${detail}`, {
    hint: 'this user must be able to read the reference home, and the disk of the new one must have room',
    cause,
  })
}
