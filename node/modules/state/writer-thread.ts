// The thread that waits for the disk, so that the kernel need not.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { configure } from './schema.ts'
import { type Batch, type BatchResult, createWriter } from './writer.ts'

/** `backup` is the path of a copy to make, once what came before is written. */
export type WriterRequest = Batch & { readonly backup?: string }

const { path } = workerData as { path: string }
const database = new DatabaseSync(path)
configure(database)
const write = createWriter(database)

/** Batches that share one flush of the disk. */
const TOGETHER_MAX = 1_000

parentPort?.on('message', (first: WriterRequest) => {
  const requests: WriterRequest[] = [first]
  while (requests.length < TOGETHER_MAX) {
    const more = parentPort === null ? undefined : receiveMessageOnPort(parentPort)
    if (more === undefined) break
    requests.push(more.message as WriterRequest)
  }
  const results: BatchResult[] = write(requests).map((result) => {
    const target = requests.find(({ id }) => id === result.id)?.backup
    return target === undefined ? result : { id: result.id, problem: copyTo(target) }
  })
  parentPort?.postMessage(results, [])
})

function copyTo(target: string): string | undefined {
  try {
    database.prepare('VACUUM INTO ?').run(target)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
