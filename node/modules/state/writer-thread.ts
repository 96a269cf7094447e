// The thread that waits for the disk, so that the kernel need not.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { configure } from './schema.ts'
import { type Batch, createWriter } from './writer.ts'

const { path } = workerData as { path: string }
const database = new DatabaseSync(path)
configure(database)
const write = createWriter(database)

/** Batches that share one flush of the disk. */
const TOGETHER_MAX = 1_000

parentPort?.on('message', (first: Batch) => {
  const batches: Batch[] = [first]
  while (batches.length < TOGETHER_MAX) {
    const more = parentPort === null ? undefined : receiveMessageOnPort(parentPort)
    if (more === undefined) break
    batches.push(more.message as Batch)
  }
  parentPort?.postMessage(write(batches), [])
})
