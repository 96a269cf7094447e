// `npx node bench/kernel-step.ts`: what the kernel itself costs, without threads or components. Guests are callbacks in this thread.
import { createHash } from 'node:crypto'
import { parseAddress, parseProcessId, type ProcessAddress } from '@hyperware/protocol'
import type { GuestAnswer, GuestKernel, GuestRunner } from '../node/kernel/guest.ts'
import { startKernel } from '../node/kernel/loop.ts'
import { createMemoryStore } from '../node/kernel/store.ts'
import { npmScript } from '../scripts/cli/npm-script.ts'

npmScript(
  'npx node bench/kernel-step.ts',
  'Measures what the kernel itself costs, without threads or components.',
).parse()

const ROUNDS = 300_000
const body = new Uint8Array(100)
const guests = new Map<string, GuestKernel>()

const runner: GuestRunner = {
  prepare: () => Promise.resolve({ sizeBytes: 0 }),
  start({ our, kernel }) {
    guests.set(our.process.process, kernel)
    const usage = () => Promise.resolve({ cpuMs: 0, memoryBytes: 0 })
    return { kill: () => Promise.resolve(), usage, giveCredit: () => undefined }
  },
}

const sign = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha512').update(bytes).digest())
let ids = 0n
const kernel = startKernel({
  ourName: 'alice.os',
  randomId: () => (ids += 1n),
  sign,
  verify: () => true,
  modules: [],
  transmit: () => undefined,
  now: () => performance.now(),
  print: ({ text }) => console.error(text),
  store: createMemoryStore(),
  runner,
  memoryMaxBytes: 0,
  shutDown: () => undefined,
})

/** Processes beside the two that talk, so that a cost that grows with their number would show. */
const OTHERS = 500
const names = ['a', 'b', ...Array.from({ length: OTHERS }, (_, index) => `idle-${index}`)]
const manifest = names.map((processName) => ({
  processName,
  wasmPath: `${processName}.wasm`,
  onExit: { kind: 'restart' } as const,
  requestNetworking: false,
  requestCapabilities: {
    read: names
      .slice(0, 2)
      .map((name) => ({ process: parseProcessId(`${name}:test:alice.os`), params: '"messaging"' })),
    problems: [],
  },
  grantCapabilities: { read: [], problems: [] },
  public: false,
}))
await kernel.boot({
  packages: [{ id: { package: 'test', publisher: 'alice.os' }, witVersion: 1, manifest }],
  readComponent: () => Promise.resolve(new Uint8Array(0)),
})

const target: ProcessAddress = parseAddress('our@b:test:alice.os')
const parts = { inherit: false, body, metadata: undefined, capabilities: [], blob: undefined } as const

/** A asks B and waits; B takes the request and responds. Returns microseconds for one round trip. */
function measure(rounds: number): Promise<number> {
  const a = guests.get('a')
  const b = guests.get('b')
  if (a === undefined || b === undefined) throw new Error('the guests did not start')
  // Processor time: other work on this machine does not count.
  const start = process.cpuUsage()
  return new Promise((resolve) => {
    let left = rounds
    const serve = (): void =>
      b.ask({ kind: 'receive' }, () => {
        b.act({ kind: 'respond', response: parts })
        serve()
      })
    const again = (answer?: GuestAnswer): void => {
      if (answer !== undefined && (answer.kind !== 'event' || answer.event.kind !== 'response')) {
        throw new Error(`unexpected ${answer.kind}`)
      }
      left -= 1
      if (left < 0) {
        const { user, system } = process.cpuUsage(start)
        return resolve((user + system) / rounds)
      }
      a.ask({ kind: 'send-and-await', request: { ...parts, target, expectsResponse: 5n } }, again)
    }
    // Once: from then on B always waits.
    if (!serving) serve()
    serving = true
    again()
  })
}
let serving = false

await measure(20_000)
for (let run = 0; run < 5; run += 1) {
  console.log(`100 B round trip: ${(await measure(ROUNDS / 5)).toFixed(2)} µs of kernel time (${OTHERS + 2} processes)`)
}
await kernel.stop()
