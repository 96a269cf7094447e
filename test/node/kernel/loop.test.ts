import { type KernelMessage, NET_PROCESS } from '@hyperware/protocol'
import { afterEach, expect, test } from 'vitest'
import { type Delivery, type KernelLoop, QUEUE_MAX, startKernel } from '../../../node/kernel/loop.ts'
import { runtimeModule } from '../../../node/kernel/state.ts'
import { collectLog } from '../log-lines.ts'

const HTTP = runtimeModule('http-server')
let kernel: KernelLoop

afterEach(() => kernel.stop())

function message(id: number, expectsResponse?: bigint): KernelMessage {
  return {
    id: BigInt(id),
    source: { node: 'our', process: HTTP },
    target: { node: 'bob.os', process: NET_PROCESS },
    rsvp: undefined,
    message: {
      kind: 'request',
      inherit: false,
      expectsResponse,
      body: new Uint8Array(),
      metadata: undefined,
      capabilities: [],
    },
    blob: undefined,
  }
}

function start(inbox: (delivery: Delivery) => void = () => undefined) {
  const transmitted: bigint[] = []
  const { log, lines } = collectLog()
  kernel = startKernel({
    ourName: 'alice.os',
    modules: [{ id: HTTP, public: false, inbox }],
    transmit: ({ id }) => transmitted.push(id),
    now: Date.now,
    log,
  })
  return { transmitted, lines }
}

async function settle(ms = 50): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

test('messages leave in the order they came', async () => {
  const { transmitted } = start()
  for (let id = 0; id < 1_000; id += 1) kernel.send(message(id))
  await settle()
  expect(transmitted).toEqual(Array.from({ length: 1_000 }, (_, id) => BigInt(id)))
})

test('a full queue turns messages away instead of growing', () => {
  const { lines } = start()
  const taken = Array.from({ length: QUEUE_MAX + 10 }, (_, id) => kernel.send(message(id)))
  expect(taken.filter((ok) => !ok)).toHaveLength(10)
  expect(lines.map(({ event }) => event)).toContain('kernel-queue-full')
})

test('a request without an answer comes back as a timeout, not before its time', async () => {
  const arrived = Promise.withResolvers<Delivery>()
  start(arrived.resolve)
  const startedMs = performance.now()
  kernel.send(message(1, 1n))
  const delivery = await arrived.promise
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(995)
  expect(delivery).toMatchObject({
    kind: 'send-error',
    error: { kind: 'timeout', reason: 'no response arrived in time' },
  })
})

test('an inbox that throws costs its own message and nothing else', async () => {
  const seen: string[] = []
  const { lines } = start((delivery) => {
    seen.push(delivery.kind)
    throw new Error('broken')
  })
  kernel.send(message(1, 0n))
  kernel.send(message(2, 0n))
  await settle()
  expect(seen).toEqual(['send-error', 'send-error'])
  expect(lines.filter(({ event }) => event === 'module-failed')).toHaveLength(2)
})
