import { describe, expect, test } from 'vitest'
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
