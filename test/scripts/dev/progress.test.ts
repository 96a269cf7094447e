import { describe, expect, test } from 'vitest'
import { createGroupCommit } from '../../../scripts/dev/chain/group-commit.ts'
import { changesChain } from '../../../scripts/dev/chain/methods.ts'
import { createProgress } from '../../../scripts/dev/progress.ts'

function screenOf(isTerminal: boolean) {
  let text = ''
  let nowMs = 0
  const progress = createProgress({ write: (more) => (text += more), isTerminal, columns: 60 }, () => nowMs)
  return { progress, read: () => text, pass: (ms: number) => (nowMs += ms) }
}

describe('progress', () => {
  test('without a terminal is one line per stage, with its seconds', () => {
    const { progress, read, pass } = screenOf(false)
    const chain = progress.stage('chain')
    const seed = progress.stage('seed')
    chain.note('starting')
    pass(1_200)
    chain.done('id 31337')
    progress.say('a line')
    pass(300)
    seed.done('names')
    expect(read()).toBe('chain    id 31337 (1.2 s)\na line\nseed     names (1.5 s)\n')
    expect(progress.times()).toEqual([
      { stage: 'chain', seconds: 1.2 },
      { stage: 'seed', seconds: 1.5 },
    ])
    progress.close()
  })

  test('on a terminal is drawn in place, cut to its width, and stays once closed', () => {
    const { progress, read } = screenOf(true)
    const chain = progress.stage('chain')
    const seed = progress.stage('seed')
    chain.done('x'.repeat(100))
    seed.failed()
    progress.close()
    const lines = read().split('\u001b[2A\u001b[J').at(-1)?.split('\n') ?? []
    expect(lines[0]).toBe(`✓ chain    ${'x'.repeat(40)} (0.0 s)`)
    expect(lines[1]?.trimEnd()).toBe('✗ seed')
    progress.say('afterwards')
    expect(read().endsWith('seed     \nafterwards\n')).toBe(true)
  })
})

describe('saving in groups', () => {
  test('a caller gets a run that began after its call, and callers that wait share one', async () => {
    const runs: ((value: number) => void)[] = []
    const save = createGroupCommit(() => new Promise<number>((resolve) => runs.push(resolve)))
    const first = save()
    const [second, third] = [save(), save()]
    expect(runs).toHaveLength(1)
    runs[0]?.(1)
    expect(await first).toBe(1)
    await expect.poll(() => runs.length).toBe(2)
    const fourth = save()
    runs[1]?.(2)
    expect(await Promise.all([second, third])).toEqual([2, 2])
    await expect.poll(() => runs.length).toBe(3)
    runs[2]?.(3)
    expect(await fourth).toBe(3)
  })

  test('a run that fails fails its own callers only', async () => {
    let count = 0
    const save = createGroupCommit(async () => {
      count += 1
      await Promise.resolve()
      if (count === 1) throw new Error('disk full')
      return count
    })
    const first = save()
    const second = save()
    await expect(first).rejects.toThrow('disk full')
    expect(await second).toBe(2)
  })
})

test.each([
  ['eth_sendRawTransaction', true],
  ['eth_sendTransaction', true],
  ['evm_mine', true],
  ['anvil_setCode', true],
  ['hardhat_setBalance', true],
  ['anvil_somethingNew', true],
  ['anvil_dumpState', false],
  ['anvil_nodeInfo', false],
  ['eth_call', false],
  ['eth_getLogs', false],
  ['net_version', false],
])('%s is held until saved: %s', (method, expected) => {
  expect(changesChain(method)).toBe(expected)
})
