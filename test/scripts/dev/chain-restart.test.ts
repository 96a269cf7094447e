import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDurableChain, type DurableChain } from '../../../scripts/dev/chain/durable-chain.ts'
import { findState } from '../../../scripts/dev/chain/state-file.ts'

let dir: string
let events: string[]
let pids: number[]
let onRestart: () => void
let chain: DurableChain

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hyperware-restart-'))
  events = []
  pids = []
  onRestart = () => {}
  chain = await openDurableChain({
    dir,
    chainId: 31337,
    log: (event) => events.push(event),
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
