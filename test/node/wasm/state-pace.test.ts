import { expect, test } from 'vitest'
import { createStatePace, UNPACED_BYTES } from '../../../node/wasm/state-pace.ts'

const MEBIBYTE = 1_048_576

test('the first read waits for nothing, and a large one delays the next', () => {
  let nowMs = 0
  const pace = createStatePace(() => nowMs)
  expect(pace.waitMs()).toBe(0)
  pace.took(100 * MEBIBYTE)
  expect(pace.waitMs()).toBe(1_600)
  nowMs = 1_599.5
  expect(pace.waitMs()).toBe(1)
  nowMs = 1_600
  expect(pace.waitMs()).toBe(0)
})

test('a state that is read quickly delays nothing', () => {
  const pace = createStatePace(() => 0)
  pace.took(UNPACED_BYTES)
  pace.took(0)
  expect(pace.waitMs()).toBe(0)
})

test('a guest that reads without end has a fifth of the time', () => {
  let nowMs = 0
  let readingMs = 0
  const pace = createStatePace(() => nowMs)
  for (let read = 0; read < 50; read += 1) {
    nowMs += pace.waitMs()
    const sizeBytes = (2 + read) * MEBIBYTE
    const takesMs = (3 * sizeBytes) / MEBIBYTE
    readingMs += takesMs
    nowMs += takesMs
    pace.took(sizeBytes)
  }
  expect(readingMs / nowMs).toBeLessThan(0.2)
})
