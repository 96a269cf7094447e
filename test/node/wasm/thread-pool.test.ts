import { afterEach, expect, test } from 'vitest'
import { createThreadPool, type ThreadPool } from '../../../node/wasm/thread-pool.ts'

const BOOTING = `require('node:worker_threads').parentPort.on('message', () => {}).postMessage('booted')`

const pools: ThreadPool[] = []
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()))
})

function create(code: string, idleCount: number): ThreadPool {
  const pool = createThreadPool({ code: Promise.resolve(code), idleCount })
  pools.push(pool)
  return pool
}

test('threads are handed out once each, more at a time than wait', async () => {
  const { take } = create(BOOTING, 1)
  const threads = await Promise.all(Array.from({ length: 5 }, () => take()))
  expect(new Set(threads).size).toBe(5)
  await Promise.all(threads.map((thread) => thread.terminate()))
})

test('a thread that was not used after all is handed out again', async () => {
  const { take, putBack } = create(BOOTING, 0)
  const thread = await take()
  putBack(thread)
  expect(await take()).toBe(thread)
  await thread.terminate()
})

test('an idle thread that dies is not handed out', async () => {
  const { take, putBack } = create(BOOTING, 0)
  const thread = await take()
  putBack(thread)
  await thread.terminate()
  const next = await take()
  expect(next).not.toBe(thread)
  await next.terminate()
})

test('whoever waits for a thread that cannot boot is told why', async () => {
  const { take } = create(`throw new Error('no such module')`, 1)
  await expect(take()).rejects.toThrow('no such module')
})

test('whoever waits while there is no script is told why there is none', async () => {
  const pool = createThreadPool({ code: Promise.reject(new Error('no source')), idleCount: 1 })
  pools.push(pool)
  await expect(pool.take()).rejects.toThrow('no source')
  await expect(pool.take()).rejects.toThrow('no source')
})

test('closing the pool ends its threads and whoever waits for one', async () => {
  const { take, putBack, close } = create(BOOTING, 0)
  const used = await take()
  const waiting = expect(take()).rejects.toThrow('the node is stopping')
  await close()
  await waiting
  await expect(take()).rejects.toThrow('the node is stopping')
  const ended = new Promise((resolve) => {
    used.once('exit', resolve)
  })
  putBack(used)
  await ended
})
