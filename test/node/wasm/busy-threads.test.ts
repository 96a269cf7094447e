import { readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { createBusyThreads } from '../../../node/wasm/busy-threads.ts'
import { othersOf } from '../../../node/wasm/processors.ts'

const threads: Worker[] = []
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.terminate()))
})

/** A thread that does this for ever, and its number. */
async function run(code: string): Promise<number> {
  const thread = new Worker(
    `const { readlinkSync } = require('node:fs')
    require('node:worker_threads').parentPort.postMessage(Number(readlinkSync('/proc/thread-self').split('/').at(-1)))
    ${code}`,
    { eval: true, execArgv: [] },
  )
  threads.push(thread)
  return new Promise((resolve) => {
    thread.once('message', resolve)
  })
}

function processorsOf(thread: number): string {
  const status = readFileSync(`/proc/self/task/${thread}/status`, 'latin1')
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? ''
}

test.each([
  ['0-3', '1-3'],
  ['0-1', '1'],
  ['0,2', '2'],
  ['2-3,6-7,9', '3,6-7,9'],
  ['5,7-8', '7-8'],
  ['0', undefined],
  ['', undefined],
])('of the processors %j, a busy thread may use %j', (all, others) => {
  expect(othersOf(all)).toBe(others)
})

test('a thread that computes without pause steps back and leaves a processor; one that works and sleeps, and this one, do not', async () => {
  const spinning = await run('for (;;);')
  const answering = await run(
    'const cell = new Int32Array(new SharedArrayBuffer(4)); for (;;) { Atomics.wait(cell, 0, 0, 1); for (let i = 0; i < 1e6; i++); }',
  )
  const before = getPriority()
  const { watch } = createBusyThreads()
  const unwatch = [spinning, answering].map((thread) => watch(() => thread))
  // At once where the tests have the last priority themselves, with which there is no step back.
  await expect.poll(() => getPriority(spinning)).toBe(Math.min(before + 10, 19))
  const all = processorsOf(process.pid)
  const spared = othersOf(all) ?? all
  await expect.poll(() => processorsOf(spinning)).toBe(spared)
  expect(getPriority(answering)).toBe(before)
  expect(getPriority()).toBe(before)
  expect(processorsOf(answering)).toBe(all)
  for (const end of unwatch) end()
})
