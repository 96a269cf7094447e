import { expect, test } from 'vitest'
import { addTo, createPool, fitsMessages, takeFrom } from '../../../node/kernel/shares.ts'

test('senders that come and go leave few shares behind, and none that has mail is forgotten', () => {
  const pool = createPool({ messages: 100, bytes: 100 })
  addTo(pool, 'stays', 1)
  for (let at = 0; at < 1_000; at += 1) {
    addTo(pool, `sender ${at}`, 1)
    takeFrom(pool, `sender ${at}`, 1)
  }
  expect(pool.shares.size).toBeLessThanOrEqual(16)
  expect(pool.shares.get('stays')).toEqual({ messages: 1, bytes: 1, over: false })
  expect([pool.messages, pool.bytes]).toEqual([1, 1])
})

test('a share that is empty again is as good as none', () => {
  const pool = createPool({ messages: 3, bytes: 100 })
  addTo(pool, 'a', 1)
  takeFrom(pool, 'a', 1)
  addTo(pool, 'b', 1)
  addTo(pool, 'b', 1)
  expect([fitsMessages(pool, pool.shares.get('a')), fitsMessages(pool, pool.shares.get('b'))]).toEqual([true, false])
})

test('what is over is so until its sender fits again, or has nothing left', () => {
  const pool = createPool({ messages: 2, bytes: 100 })
  for (const sender of ['a', 'b', 'b']) addTo(pool, sender, 1)
  for (const share of pool.shares.values()) share.over = true
  takeFrom(pool, 'a', 1)
  expect([...pool.shares.values()].map(({ over }) => over)).toEqual([false, true])
  takeFrom(pool, 'b', 1)
  expect(pool.shares.get('b')?.over).toBe(true)
  takeFrom(pool, 'b', 1)
  expect(pool.shares.get('b')?.over).toBe(false)
})
