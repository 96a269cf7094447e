import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDurableChain, type DurableChain } from '../../../scripts/dev/chain/durable-chain.ts'
import { findState, stateFiles } from '../../../scripts/dev/chain/state-file.ts'
import { until } from '../../helpers/until.ts'

let dir: string
let events: string[]
let pids: number[]
let onEvent: (event: string) => void
let onRestart: () => void
let chain: DurableChain

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hyperware-restart-'))
  events = []
  pids = []
  onEvent = () => {}
  onRestart = () => {}
  chain = await openDurableChain({
    dir,
    chainId: 31337,
    log: (event) => {
      events.push(event)
      onEvent(event)
    },
    onProcess: (pid) => {
      if (pids.push(pid) > 1) onRestart()
    },
  })
})

afterEach(async () => {
  await chain.close().catch(() => undefined)
  rmSync(dir, { recursive: true, force: true })
})

const killAnvil = () => process.kill(pids.at(-1) ?? 0, 'SIGKILL')

test('a move of the clock that is announced while anvil starts again is saved', async () => {
  const moved = new Promise<void>((resolve, reject) => {
    onRestart = () => {
      chain.clockMoved()
      chain
        .anvil()
        .then((anvil) => anvil.call('evm_increaseTime', 86_400))
        .then(() => chain.save())
        .then(() => resolve(), reject)
    }
  })
  killAnvil()
  await moved
  expect(findState(dir)?.header.clockAheadSeconds).toBeGreaterThan(86_000)
})

test('a chain that could not be started again is refused, and there again once what was in the way is gone', async () => {
  const { current } = stateFiles(dir)
  const whole = readFileSync(current)
  writeFileSync(current, 'damaged')
  killAnvil()
  await until(() => events.includes('chain-stopped'), 'the news of the kill')
  const waiting = chain.anvil()
  await expect(waiting).rejects.toMatchObject({ code: 'state-damaged' })
  const failures = events.filter((event) => event === 'chain-start-failed').length
  expect(failures).toBe(5)
  expect(events).not.toContain('chain-started-again')
  await expect(chain.anvil()).rejects.toMatchObject({ code: 'state-damaged' })

  writeFileSync(current, whole)
  await until(() => events.includes('chain-started-again'), 'another attempt')
  expect(await (await chain.anvil()).call('eth_chainId')).toBe('0x7a69')
  expect((await chain.save()).pid).toBe(pids.at(-1))
})

test('a close while anvil starts again leaves none running', async () => {
  const closed = new Promise<void>((resolve, reject) => {
    onRestart = () => void chain.close().then(resolve, reject)
  })
  killAnvil()
  await closed
  expect(pids).toHaveLength(2)
  expect(() => process.kill(pids.at(-1) ?? 0, 0)).toThrow('ESRCH')
})

test('a close while a chain cannot be started again ends the attempts, and the waiting for them', async () => {
  onEvent = (event) => {
    if (event === 'chain-start-failed') void chain.close()
  }
  writeFileSync(stateFiles(dir).current, 'damaged')
  killAnvil()
  await until(() => events.includes('chain-stopped'), 'the news of the kill')
  await expect(chain.anvil()).rejects.toMatchObject({ code: 'anvil-stopped' })
  await expect(chain.anvil()).rejects.toMatchObject({ code: 'anvil-stopped' })
  expect(events).toEqual(['chain-stopped', 'chain-start-failed'])
})

test('a chain whose first block cannot be saved leaves no anvil running', async () => {
  const other = join(dir, 'other')
  mkdirSync(stateFiles(other).next, { recursive: true })
  let pid = 0
  const opening = openDurableChain({
    dir: other,
    chainId: 31337,
    log: () => {},
    onProcess: (started) => (pid = started),
  })
  await expect(opening).rejects.toThrow('EISDIR')
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})
