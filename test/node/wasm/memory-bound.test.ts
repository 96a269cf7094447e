import { setImmediate } from 'node:timers/promises'
import { totalmem } from 'node:os'
import { parseProcessId } from '@hyperware/protocol'
import { afterEach, expect, test } from 'vitest'
import { createMemoryBound, defaultBoundBytes, type MemoryBound, type Tenant } from '../../../node/wasm/memory-bound.ts'
import { type ComponentRunner, createComponentRunner } from '../../../node/wasm/runner.ts'
import { type ComponentNode, startComponentNode } from './component-node.ts'
import * as guests from './wat-guests.ts'

const MEBIBYTE = 1_048_576

/** A process that says what became of it; `giveBack` is when its memory is free again. */
function enter(bound: MemoryBound, name: string) {
  const gone = Promise.withResolvers<void>()
  const said: string[] = []
  const tenant: Tenant = bound.enter({
    id: parseProcessId(name),
    end: (reason) => {
      said.push(reason)
      tenant.leave(gone.promise)
    },
  })
  return {
    said,
    hold: (mebibytes: number) => tenant.hold(mebibytes * MEBIBYTE, () => said.push(`${mebibytes}`)),
    giveBack: () => gone.resolve(),
    leave: () => tenant.leave(gone.promise),
  }
}

test('who asks gets it at once, up to the bound', () => {
  const bound = createMemoryBound(100 * MEBIBYTE)
  const one = enter(bound, 'one:a:os')
  one.hold(40)
  one.hold(60)
  const other = enter(bound, 'one:b:os')
  other.hold(40)
  expect([one.said, other.said]).toEqual([['40', '60'], ['40']])
})

test('who asks for more waits until the largest has ended and its memory is given back', async () => {
  const bound = createMemoryBound(100 * MEBIBYTE)
  const [hog, other, small] = [enter(bound, 'one:hog:os'), enter(bound, 'two:hog:os'), enter(bound, 'one:b:os')]
  hog.hold(60)
  other.hold(30)
  small.hold(10)
  small.hold(20)
  expect([hog.said, small.said]).toEqual([['60'], ['10']]) // nobody is ended in the call that asks
  await setImmediate()
  const reason =
    'the processes of this node have 100 MiB of the 100 MiB of memory that they may have together, and need more; ' +
    'hog:os has and wants most, 90 MiB, and this process most of that, 60 MiB'
  expect([hog.said, other.said, small.said]).toEqual([['60', reason], ['30'], ['10']])
  hog.giveBack()
  await setImmediate()
  expect([other.said, small.said]).toEqual([['30'], ['10', '20']])
})

test('one ends after the other, until it is enough', async () => {
  const bound = createMemoryBound(100 * MEBIBYTE)
  const hogs = [40, 30, 20].map((held, at) => {
    const hog = enter(bound, `n${at}:hog:os`)
    hog.hold(held)
    return hog
  })
  const small = enter(bound, 'one:b:os')
  small.hold(20)
  small.hold(44)
  for (const hog of hogs) {
    await setImmediate()
    hog.giveBack()
  }
  await setImmediate()
  expect(hogs.map(({ said }) => said.length)).toEqual([2, 1, 1])
  expect(small.said).toEqual(['44'])
})

test('nobody of a large package gets what a small one waits for, not even where it would fit', async () => {
  const bound = createMemoryBound(100 * MEBIBYTE)
  const hogs = [30, 30, 30].map((held, at) => {
    const hog = enter(bound, `n${at}:hog:os`)
    hog.hold(held)
    return hog
  })
  hogs[0]?.hold(45)
  await setImmediate() // the first, as the largest, ends for itself
  hogs[1]?.hold(35)
  const small = enter(bound, 'one:b:os')
  small.hold(45)
  hogs[2]?.hold(31)
  await setImmediate()
  expect([hogs.map(({ said }) => said.length), small.said]).toEqual([[2, 2, 1], []])
  hogs[0]?.giveBack()
  await setImmediate()
  // 35 are free: too few for the small one, and kept for it. The second hog ends.
  expect([hogs.map(({ said }) => said.length), small.said]).toEqual([[2, 3, 1], []])
  hogs[1]?.giveBack()
  await setImmediate()
  expect([hogs[2]?.said, small.said]).toEqual([['30', '31'], ['45']])
})

test('what would never fit ends itself, and nobody else', async () => {
  const bound = createMemoryBound(100 * MEBIBYTE)
  const [one, other] = [enter(bound, 'one:a:os'), enter(bound, 'one:b:os')]
  one.hold(90)
  other.hold(101)
  await setImmediate()
  expect([one.said, other.said.length]).toEqual([['90'], 1])
  expect(other.said[0]).toContain('b:os has and wants most, 101 MiB')
})

test('who ends by itself makes room too, and who ends while it waits hears nothing', async () => {
  const bound = createMemoryBound(100 * MEBIBYTE)
  const [one, other, third] = [enter(bound, 'one:a:os'), enter(bound, 'one:b:os'), enter(bound, 'one:c:os')]
  one.hold(90)
  one.leave()
  one.leave()
  other.hold(20)
  third.hold(80)
  third.leave()
  await setImmediate()
  expect([one.said, other.said, third.said]).toEqual([['90'], [], []])
  third.giveBack()
  one.giveBack()
  await setImmediate()
  expect([other.said, third.said]).toEqual([['20'], []])
})

test('a memory that cannot be given back in order counts as given back', async () => {
  const bound = createMemoryBound(100 * MEBIBYTE)
  const tenant = bound.enter({ id: parseProcessId('one:a:os'), end: () => undefined })
  tenant.hold(100 * MEBIBYTE, () => undefined)
  tenant.leave(Promise.reject(new Error('the thread is gone already')))
  const other = enter(bound, 'one:b:os')
  other.hold(100)
  await setImmediate()
  expect(other.said).toEqual(['100'])
})

test('the default is half of the machine at most', () => {
  expect(defaultBoundBytes()).toBeGreaterThan(128 * MEBIBYTE)
  expect(defaultBoundBytes()).toBeLessThanOrEqual(totalmem() / 2)
})

let runner: ComponentRunner | undefined
let node: ComponentNode | undefined

afterEach(async () => {
  await node?.stop()
  await runner?.close()
})

const BOUND = 200 * MEBIBYTE
/** What the node may need beside: four times what was measured. */
const NODE_RSS_MAX_BYTES = 256 * MEBIBYTE
const HOGS = 8
/** Each takes 60 MiB and then asks for no more, since 4 MiB in one step would be beyond its maximum. */
const FITTING_HOGS = 3

/** A request to `asking` that makes so many round trips of 100 bytes. */
function rounds(count: number): Uint8Array {
  const body = new Uint8Array(100)
  new DataView(body.buffer).setUint32(0, count, true)
  return body
}

test('a package that takes all the memory it gets, and never calls the host, ends itself and nobody else', async () => {
  runner = createComponentRunner({ memoryBoundBytes: BOUND })
  node = startComponentNode(runner, { memoryMaxBytes: 64 * MEBIBYTE })
  const { kernel, launch, request, prints, usage } = node
  await launch('echo', await guests.echoing())
  await launch('asker', await guests.asking('echo'))
  const before = process.memoryUsage.rss()
  const held = async (): Promise<number> => {
    const all = await kernel.diagnostics()
    return all.reduce((sum, each) => sum + (each.usage?.memoryBytes ?? 0), 0)
  }
  const ended = (): string[] => prints.filter((text) => text.includes('trapped'))
  let largest = 0
  const look = async (): Promise<void> => {
    await request('asker', rounds(20))
    largest = Math.max(largest, await held())
    expect(largest).toBeLessThanOrEqual(BOUND)
    expect(process.memoryUsage.rss() - before).toBeLessThan(NODE_RSS_MAX_BYTES + BOUND)
  }

  const hog = await guests.allocating()
  for (let at = 0; at < HOGS; at += 1) {
    await launch(`n${at}:hog:pub.os`, hog)
    await look()
  }
  while (ended().length < HOGS - FITTING_HOGS) await look()
  await look()
  expect(ended()).toHaveLength(HOGS - FITTING_HOGS)
  for (const text of ended()) {
    expect(text).toMatch(
      /^n\d:hog:pub\.os trapped: the processes of this node have \d+ MiB of the 200 MiB of memory .* hog:pub\.os has and wants most, \d+ MiB, and this process most of that, \d\d MiB$/,
    )
  }
  expect(largest).toBeGreaterThan(BOUND / 2)
  expect((await usage('asker')).memoryBytes).toBeGreaterThan(0)
})
