// The thread that waits for the disk, so that the kernel need not. It reads long states, too: 1.6 ms for each MiB.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { configure } from './schema.ts'
import { type Batch, createReader, createWriter, type Read } from './writer.ts'

const { path } = workerData as { path: string }
const database = new DatabaseSync(path)
configure(database)
const write = createWriter(database)
const read = createReader(database)

/** What is asked for together: its batches share flushes of the disk. */
const TOGETHER_MAX = 1_000

parentPort?.on('message', (first: Batch | Read) => {
  const asked = [first]
  while (asked.length < TOGETHER_MAX) {
    const more = parentPort === null ? undefined : receiveMessageOnPort(parentPort)
    if (more === undefined) break
    asked.push(more.message as Batch | Read)
  }
  let batches: Batch[] = []
  for (const each of asked) {
    if ('rows' in each) {
      batches.push(each)
      continue
    }
    writeAll(batches)
    batches = []
    const result = read(each)
    parentPort?.postMessage([result], result.state === undefined ? [] : [result.state.buffer as ArrayBuffer])
  }
  writeAll(batches)
})

function writeAll(batches: readonly Batch[]): void {
  if (batches.length > 0) parentPort?.postMessage(write(batches), [])
}
