import { expect, test } from 'vitest'
import { shareRuns } from '../../../node/disk/share-runs.ts'

/** A task whose runs the test ends, the oldest first. */
function createTask() {
  const begun: PromiseWithResolvers<void>[] = []
  const task = (): Promise<void> => {
    const run = Promise.withResolvers<void>()
    begun.push(run)
    return run.promise
  }
  return { begun, call: shareRuns(task) }
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

test('who calls while a run is under way shares the next one, which begins when that has ended', async () => {
  const { begun, call } = createTask()
  const ended: string[] = []
  const first = call().then(() => ended.push('first'))
  await turn()
  const others = [call(), call()].map((each) => each.then(() => ended.push('other')))
  await turn()
  expect(begun).toHaveLength(1)
  begun[0]?.resolve()
  await turn()
  expect([begun.length, ended]).toEqual([2, ['first']])
  begun[1]?.resolve()
  await Promise.all([first, ...others])
  expect(ended).toEqual(['first', 'other', 'other'])
  void call()
  await turn()
  expect(begun).toHaveLength(3)
})

test('a run that fails fails for those who share it, and for nobody else', async () => {
  const { begun, call } = createTask()
  const together = Promise.allSettled([call(), call()])
  await turn()
  const next = call()
  begun[0]?.reject(new Error('no room'))
  expect((await together).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await turn()
  begun[1]?.resolve()
  await expect(next).resolves.toBeUndefined()
})

test('each caller gets what its own run came to', async () => {
  let count = 0
  const call = shareRuns(() => Promise.resolve((count += 1)))
  const first = [call(), call()]
  expect(await Promise.all(first)).toEqual([1, 1])
  expect(await call()).toBe(2)
})

test('a call in any moment between the end of a run and the next one begins no run beside it', async () => {
  for (let moments = 0; moments < 12; moments += 1) {
    const { begun, call } = createTask()
    const calls = [call()]
    await turn()
    calls.push(call())
    begun[0]?.resolve()
    for (let passed = 0; passed < moments; passed += 1) await Promise.resolve()
    calls.push(call())
    await turn()
    expect(begun, `after ${moments}`).toHaveLength(2)
    begun[1]?.resolve()
    await turn()
    begun[2]?.resolve()
    await Promise.all(calls)
  }
})
