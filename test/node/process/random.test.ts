import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, describe, expect, test, vi } from 'vitest'

// The module takes the place of this realm's generator, as it does in a process.
const { random: platformRandom } = Math
const { createRandom } = await import('../../../node/process/random.ts')
afterAll(() => {
  Math.random = platformRandom
})

const begun = (draw: (length: number) => Uint8Array) => {
  const { random, begin } = createRandom(() => {
    throw new Error('asked the engine after the start')
  })
  begin(draw)
  return random
}

describe('Math.random of a process', () => {
  test('is what the random bytes of the host say, with 53 bits each, from 0 up to less than 1', () => {
    const all = (byte: number) => begun((length) => new Uint8Array(length).fill(byte))()
    expect(all(0)).toBe(0)
    expect(all(0xff)).toBe(1 - 2 ** -53)
  })

  test('takes each byte once', () => {
    const drawn: Uint8Array[] = []
    const random = begun((length) => {
      const bytes = new Uint8Array(randomBytes(length))
      drawn.push(bytes.slice())
      return bytes
    })
    const numbers = Array.from({ length: 1_000 }, random)
    const bytes = Buffer.concat(drawn)
    const expected = numbers.map((_, index) => Number(bytes.readBigUInt64BE(8 * index)) / 2 ** 64)
    expect(numbers.every((number, index) => Math.abs(number - (expected[index] ?? 1)) < 2 ** -26)).toBe(true)
    expect(new Set(numbers).size).toBe(1_000)
  })

  test('draws nothing before its first number after the start, so that nothing is frozen into a component', () => {
    const draw = vi.fn((length: number) => new Uint8Array(randomBytes(length)))
    const { random, begin } = createRandom(() => 0.5)
    expect([random(), random()]).toEqual([0.5, 0.5])
    begin(draw)
    expect(draw).not.toHaveBeenCalled()
    expect(random()).not.toBe(0.5)
    expect(draw).toHaveBeenCalledTimes(1)
  })

  test('takes bytes that lie anywhere in memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.nat(64), (bytes, offset) => {
        const memory = new Uint8Array(offset + 8)
        memory.set(bytes, offset)
        const number = begun(() => memory.subarray(offset))()
        expect(number).toBe(begun(() => bytes)())
        expect(number).toBeGreaterThanOrEqual(0)
        expect(number).toBeLessThan(1)
      }),
    )
  })

  test('is spread over [0, 1)', () => {
    const random = begun((length) => new Uint8Array(randomBytes(length)))
    const tenths = Array.from({ length: 10 }, () => 0)
    for (let index = 0; index < 10_000; index += 1) {
      const tenth = Math.floor(random() * 10)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    for (const count of tenths) expect(count).toBeGreaterThan(850)
    expect(tenths).toHaveLength(10)
  })
})
