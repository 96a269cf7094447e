import { expect, test } from 'vitest'
import { cachePrepared } from '../../../node/wasm/prepared-cache.ts'

const LIMITS = { memoryMaxBytes: 65_536 }

/** A cache over a compiler that counts, and fails where the first byte is 0. */
function counting(max: { components: number; bytes: number }) {
  const compiled: number[] = []
  const prepare = cachePrepared((wasm) => {
    const [first = 0] = wasm
    compiled.push(first)
    return first === 0 ? Promise.reject(new Error('not a component')) : Promise.resolve({ sizeBytes: wasm.length })
  }, max)
  return { compiled, prepare: (first: number, length = 1) => prepare(new Uint8Array(length).fill(first), LIMITS) }
}

test('the least recently used goes first', async () => {
  const { compiled, prepare } = counting({ components: 2, bytes: 100 })
  for (const first of [1, 2, 1, 3, 1, 2]) await prepare(first)
  expect(compiled).toEqual([1, 2, 3, 2])
})

test('bytes are bounded too, and one that is larger than all is not kept', async () => {
  const { compiled, prepare } = counting({ components: 10, bytes: 100 })
  for (const [first, length] of [
    [1, 60],
    [2, 60],
    [1, 60],
    [3, 101],
    [3, 101],
    [2, 60],
  ] as const) {
    await prepare(first, length)
  }
  expect(compiled).toEqual([1, 2, 1, 3, 3, 2])
})

test('what could not be compiled is tried again', async () => {
  const { compiled, prepare } = counting({ components: 10, bytes: 100 })
  for (let time = 0; time < 2; time += 1) await expect(prepare(0)).rejects.toThrow('not a component')
  expect(compiled).toEqual([0, 0])
})
