import { expect, test } from 'vitest'
import { shareRuns } from '../../../../node/modules/state/share-runs.ts'

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
