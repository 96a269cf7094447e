import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Holding, inTurn, sizesOfPackages, whoGoes } from '../../../node/wasm/who-goes.ts'

type Named = Holding & { readonly name: string }

/** `hog/one 5+1`: a process of `hog` that holds 5 and wants 1 more. */
function processes(...texts: readonly string[]): Named[] {
  return texts.map((text) => {
    const [, name = '', of = '', held, wanted = 0] = /^((\w+)\/\w+) (\d+)(?:\+(\d+))?$/.exec(text) ?? []
    return { name, package: of, heldBytes: Number(held), wantedBytes: Number(wanted) }
  })
}

test.each([
  ['the largest process', ['a/one 5', 'b/one 7'], 'b/one', 7],
  ['the largest package, though others have larger processes', ['a/one 5', 'b/one 3', 'b/two 4'], 'b/two', 7],
  ['who wants most, as if it had it', ['a/one 5', 'b/one 3+4'], 'b/one', 7],
  ['not who wants little beside who has much', ['a/one 1+1', 'b/one 6'], 'b/one', 6],
  ['of two that are as large, who holds more', ['a/one 1+4', 'a/two 5', 'a/three 2+3'], 'a/two', 15],
  ['of packages that are as large, always the same one', ['b/one 5', 'a/one 1', 'b/two 1', 'a/two 5'], 'a/two', 6],
  ['who holds nothing yet, when it wants that much', ['a/one 5', 'b/one 0+9'], 'b/one', 9],
])('%s goes', (_, texts, name, packageBytes) => {
  const all = processes(...texts)
  const sizes = sizesOfPackages(all)
  const goer = whoGoes(all, sizes)
  expect([goer?.name, sizes.get(goer?.package ?? '')]).toEqual([name, packageBytes])
})

test('nobody goes who has nothing', () => {
  for (const all of [[], processes('a/one 0', 'b/one 0')]) {
    expect(whoGoes(all, sizesOfPackages(all))).toBeUndefined()
  }
})

test('what comes free goes to the smallest package first, and in it to who asked first', () => {
  const all = processes('a/one 5+1', 'b/one 0+9', 'c/one 1+1', 'a/two 2', 'c/two 1+1')
  const waiting = all.filter(({ wantedBytes }) => wantedBytes > 0)
  expect(inTurn(waiting, sizesOfPackages(all)).map(({ name }) => name)).toEqual(['c/one', 'c/two', 'a/one', 'b/one'])
})

const holding = fc.record({
  package: fc.constantFrom('a', 'b', 'c', 'd'),
  heldBytes: fc.nat(20),
  wantedBytes: fc.nat(20),
})

test('of n packages none goes that has less than a part of n of all, and of its processes the largest does', () => {
  fc.assert(
    fc.property(fc.array(holding, { minLength: 1, maxLength: 12 }), (all) => {
      const bytes = ({ heldBytes, wantedBytes }: Holding): number => heldBytes + wantedBytes
      const sum = (some: readonly Holding[]): number => some.reduce((before, each) => before + bytes(each), 0)
      const goer = whoGoes(all, sizesOfPackages(all))
      if (goer === undefined) return expect(sum(all)).toBe(0)
      const own = all.filter((each) => each.package === goer.package)
      expect(sum(own) * new Set(all.map((each) => each.package)).size).toBeGreaterThanOrEqual(sum(all))
      expect(bytes(goer)).toBe(Math.max(...own.map(bytes)))
    }),
  )
})
