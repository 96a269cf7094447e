// The thread that copies the store of a node that runs.
import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'
import { checkStore } from './check.ts'

const { path, partial, nodeName } = workerData as { path: string; partial: string; nodeName: string }
{
  using database = new DatabaseSync(path, { readOnly: true })
  database.prepare('VACUUM INTO ?').run(partial)
}
{
  using copy = new DatabaseSync(partial, { readOnly: true })
  checkStore(copy, partial, nodeName)
}
