import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KernelMessage, utf8ToBytes, VFS_PROCESS } from '@hyperware/protocol'
import { openStore } from '../../node/modules/state/store.ts'
import { createVfs } from '../../node/modules/vfs/vfs.ts'
import { createComponentRunner } from '../../node/wasm/runner.ts'
import { startComponentNode } from '../../test/node/wasm/component-node.ts'
import { roundTrips } from './conversation.ts'
import { line, microsecondsEach, pause, summarize } from './samples.ts'

const MIB = 1_048_576
/** The state of the component `keeper`. */
export const LONG_STATE_BYTES = 100 * MIB
const LONG_FILE_BYTES = 64 * MIB
const LONG_MESSAGE_BYTES = 64 * MIB
const RUNS = 5
const HELD_MAX_MS = 50
const LOOK_EVERY_MS = 5

/** For how long the node's thread leaves no turn to anybody while one process reads, keeps or sends long bytes. */
export async function measureLongBytes(files: Readonly<Record<string, string>>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hyperware-long-bytes-'))
  const store = await openStore({ folder: join(folder, 'kernel'), nodeName: 'alice.os' })
  const vfs = await createVfs({
    ourName: 'alice.os',
    home: folder,
    has: () => true,
    grant: () => Promise.resolve(),
    send: (message: KernelMessage) => void node.kernel.send(message),
  })
  mkdirSync(join(folder, 'vfs/app:pub.os/data'), { recursive: true })
  writeFileSync(join(folder, 'vfs/app:pub.os/data/long'), new Uint8Array(LONG_FILE_BYTES).fill(7))
  const runner = createComponentRunner()
  const node = startComponentNode(runner, {
    memoryMaxBytes: 512 * MIB,
    store,
    modules: [
      {
        id: VFS_PROCESS,
        public: true,
        inbox: (delivery) => (delivery.kind === 'message' ? vfs.handle(delivery.message) : undefined),
      },
    ],
  })
  for (const name of ['echo', 'asker', 'keeper', 'filer']) await node.launch(name, readFileSync(files[name] ?? ''))

  const readFile = utf8ToBytes(JSON.stringify({ path: '/app:pub.os/data/long', action: 'Read' }))
  const cases: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['nothing, beside what else the machine does', () => pause(1_000)],
    ['set-state of 100 MiB', () => node.request('keeper', Uint8Array.of(1))],
    ['get-state of 100 MiB', () => node.request('keeper', new Uint8Array(0))],
    ['read of a file of 64 MiB', () => node.request('filer', readFile)],
    ['64 MiB there and back', () => node.request('asker', roundTrips(1, LONG_MESSAGE_BYTES))],
  ]
  for (const [name, run] of cases) {
    const held: Hold[] = []
    const took: number[] = []
    for (let count = 0; count < RUNS; count += 1) {
      held.push(await longestHold(async () => void took.push((await microsecondsEach(1, run)) / 1e3)))
      if (name.startsWith('get')) await pause(1_600) // a guest that reads its state again waits
    }
    const late = summarize(held.map(({ lateMs }) => lateMs))
    const cpu = summarize(held.map(({ cpuMs }) => cpuMs))
    line(
      `  held by ${name}`,
      `${late.median.toFixed(0)} ms (worst ${late.worst.toFixed(0)}, computing ${cpu.median.toFixed(0)}) of ${summarize(took).median.toFixed(0)}`,
      `${HELD_MAX_MS} ms`,
      late.median <= HELD_MAX_MS,
    )
  }
  await node.stop()
  await runner.close()
  await store.close()
  rmSync(folder, { recursive: true })
}

type Hold = { readonly lateMs: number; readonly cpuMs: number }

/** By how much a timer was late at most; and how much of a processor this thread used between two looks at most. */
async function longestHold(run: () => Promise<void>): Promise<Hold> {
  let longest: Hold = { lateMs: 0, cpuMs: 0 }
  let lastMs = performance.now()
  let lastCpuMs = ownCpuMs()
  const look = (): void => {
    const [nowMs, cpuMs] = [performance.now(), ownCpuMs()]
    longest = {
      lateMs: Math.max(longest.lateMs, nowMs - lastMs - LOOK_EVERY_MS),
      cpuMs: Math.max(longest.cpuMs, cpuMs - lastCpuMs),
    }
    ;[lastMs, lastCpuMs] = [nowMs, cpuMs]
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  await run()
  clearInterval(timer)
  look()
  return longest
}

function ownCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1e3
}
