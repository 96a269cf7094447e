import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { GUEST_CREDITS } from '../../../node/kernel/guest.ts'
import type { KernelStore } from '../../../node/kernel/store.ts'
import { openStore } from '../../../node/modules/state/store.ts'
import { PAGE_BYTES } from '../../../node/wasm/cells.ts'
import { type ComponentRunner, createComponentRunner } from '../../../node/wasm/runner.ts'
import { type ComponentNode, startComponentNode } from './component-node.ts'
import * as guests from './wat-guests.ts'

let runner: ComponentRunner | undefined
let node: ComponentNode | undefined

function start({ pages = 1_024, store }: { pages?: number; store?: KernelStore } = {}): ComponentNode {
  runner = createComponentRunner()
  node = startComponentNode(runner, { memoryMaxBytes: pages * PAGE_BYTES, ...(store && { store }) })
  return node
}

afterEach(async () => {
  await node?.stop()
  await runner?.close()
})

/** A request to `asking`: how many round trips it shall make, with how many bytes. */
function rounds(count: number, sizeBytes: number): Uint8Array {
  const body = new Uint8Array(sizeBytes)
  new DataView(body.buffer).setUint32(0, count, true)
  return body
}

test('two processes converse, far beyond their credits', async () => {
  const { launch, request } = start()
  await launch('echo', await guests.echoing())
  await launch('asker', await guests.asking('echo'))
  await request('asker', rounds(4 * GUEST_CREDITS.messages, 100))
  await request('asker', rounds(40, 1_000_000)) // more bytes than the credits hold, in messages that change hands
  expect(await request('echo', Uint8Array.of(1, 2, 3))).toEqual(Uint8Array.of(1, 2, 3))
})

test('a long message arrives as it was, and the next ones after it', async () => {
  const { launch, request } = start({ pages: 4_096 })
  await launch('echo', await guests.echoing())
  const long = new Uint8Array(50_000_000).map((_, at) => at % 251)
  const echoed: number[] = []
  const echo = async (body: Uint8Array): Promise<Uint8Array> => {
    const answer = await request('echo', body)
    echoed.push(answer.length)
    return answer
  }
  const [answer] = await Promise.all([echo(long), echo(Uint8Array.of(1)), echo(Uint8Array.of(1, 2))])
  expect(Buffer.compare(answer, long)).toBe(0)
  expect(echoed).toEqual([long.length, 1, 2])
})

test('others are answered while a process reads a state of 100 MiB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hyperware-isolation-'))
  const store = await openStore({ folder, nodeName: 'alice.os' })
  let echoes = 0
  let meanwhile = 0
  const counting: KernelStore = {
    ...store,
    readState: async (id) => {
      const before = echoes
      const state = await store.readState(id)
      meanwhile = echoes - before
      expect(state).toHaveLength(100 * 1_048_576)
      return state
    },
  }
  try {
    const { launch, request } = start({ pages: 4_096, store: counting })
    await launch('echo', await guests.echoing())
    await launch('keeper', await guests.keeping(100 * 1_048_576))
    await request('keeper', Uint8Array.of(1)) // it keeps
    const reading = { done: false }
    const read = request('keeper', new Uint8Array(0)).finally(() => (reading.done = true))
    while (!reading.done) {
      await request('echo', Uint8Array.of(1, 2, 3))
      echoes += 1
    }
    await read
    expect(meanwhile).toBeGreaterThan(5)
  } finally {
    await node?.stop()
    await store.close()
    await rm(folder, { recursive: true })
  }
})

/** What a node may need beside the memory that its guests may have: four times what was measured. */
const NODE_RSS_MAX_BYTES = 256 * 1_048_576

test('a spinning, an allocating and a flooding process disturb nobody, and each can be killed', async () => {
  const { launch, request, kill, usage, printCounts } = start()
  await launch('echo', await guests.echoing())
  await launch('asker', await guests.asking('echo'))
  await launch('sink', await guests.sinking())
  const before = process.memoryUsage.rss()

  const hostile = ['spinner', 'allocator', 'printer', 'flooder']
  await launch('spinner', await guests.spinning())
  await launch('allocator', await guests.allocating())
  await launch('printer', await guests.printing())
  await launch('flooder', await guests.flooding('sink'))
  while ((await usage('spinner')).cpuMs < 100 || (printCounts.get('printer:app:pub.os') ?? 0) < 10_000) {
    await request('asker', rounds(20, 100))
  }
  await request('asker', rounds(200, 100))
  await request('asker', rounds(5, 1_000_000))

  const guestsMayHold = 1_024 * PAGE_BYTES
  expect(process.memoryUsage.rss() - before).toBeLessThan(NODE_RSS_MAX_BYTES + guestsMayHold)

  for (const name of hostile) {
    await kill(name)
    await expect(usage(name)).rejects.toThrow(`${name} does not run`)
    await request('asker', rounds(20, 100))
  }
})
