import { afterEach, expect, test } from 'vitest'
import { GUEST_CREDITS } from '../../../node/kernel/guest.ts'
import { PAGE_BYTES } from '../../../node/wasm/cells.ts'
import { type ComponentRunner, createComponentRunner } from '../../../node/wasm/runner.ts'
import { type ComponentNode, startComponentNode } from './component-node.ts'
import * as guests from './wat-guests.ts'

let runner: ComponentRunner | undefined
let node: ComponentNode | undefined

function start(): ComponentNode {
  runner = createComponentRunner()
  node = startComponentNode(runner, { memoryMaxBytes: 1_024 * PAGE_BYTES })
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
