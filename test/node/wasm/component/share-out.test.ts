import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Growing, shareOut, sumOfMinimums } from '../../../../node/wasm/component/share-out.ts'

const one = (minimum: number, maximum?: number, count = 1): Growing => ({
  minimum,
  maximum,
  count,
  part: minimum,
})

test.each<[title: string, total: number, growing: readonly Growing[], maxima: readonly number[]]>([
  ['one has it all', 100, [one(3)], [100]],
  ['one that wants less gets that', 100, [one(3, 40)], [40]],
  ['two share in proportion to their parts', 100, [one(10), one(30)], [25, 75]],
  ['what one does not want goes to the other', 100, [one(10, 12), one(30)], [12, 88]],
  ['one without a part stays as it begins', 100, [one(23), one(0)], [100, 0]],
  ['each instance has its own', 100, [one(10, undefined, 2), one(10)], [33, 34]],
  ['one that nobody has takes nothing from the others', 100, [one(10, undefined, 0), one(10)], [10, 100]],
  ['nothing is left beyond the minimums', 40, [one(10), one(30)], [10, 30]],
])('%s', (_title, total, growing, maxima) => {
  expect(shareOut(total, growing)).toEqual(maxima)
})

test('together they never hold more than the total, and never less than could be had', () => {
  const growing = fc.record({
    minimum: fc.nat(1_000),
    room: fc.option(fc.nat(70_000), { nil: undefined }),
    count: fc.nat(4),
    part: fc.nat(1_000),
  })
  fc.assert(
    fc.property(fc.array(growing, { maxLength: 6 }), fc.nat(70_000), (drawn, beyond) => {
      const all = drawn.map(({ room, ...each }) => ({
        ...each,
        maximum: room === undefined ? undefined : each.minimum + room,
      }))
      const total = sumOfMinimums(all) + beyond
      const maxima = shareOut(total, all)
      let held = 0
      let wanting = 0
      for (const [index, { minimum, maximum = Infinity, count, part }] of all.entries()) {
        const given = maxima[index] ?? Number.NaN
        expect(given).toBeGreaterThanOrEqual(minimum)
        expect(given).toBeLessThanOrEqual(maximum)
        held += given * count
        if (part > 0 && given < maximum) wanting += count
      }
      expect(held).toBeLessThanOrEqual(total)
      // What cannot be divided among those who want more stays over.
      if (wanting > 0) expect(total - held).toBeLessThan(2 * wanting + 24)
    }),
    { numRuns: 2_000 },
  )
})
