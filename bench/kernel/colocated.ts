import { formatAddress, parseAddress, type ProcessAddress } from '@hyperware/protocol'
import type { GuestAnswer, GuestEvent, GuestResponse } from '../../node/kernel/guest.ts'
import {
  type CompiledComponent,
  compileComponent,
  instantiateComponent,
  switchStacks,
} from '../../node/wasm/component/component.ts'
import { createStandardHost, type KernelCalls } from '../../node/wasm/standard-host.ts'
import { systemWasi } from '../../node/wasm/wasi/host.ts'
import { readFileSync } from 'node:fs'
import { roundTrips } from './conversation.ts'
import { line, microsecondsEach, pause, summarize } from './samples.ts'

/**
 * An experiment: processes of trusted packages side by side in one thread, whose stacks are put aside while they wait. The
 * host functions are those that run in threads; only what they call to reach the kernel differs.
 */

type Answer = (answer: GuestAnswer) => void
type Seat = { waiting: Answer | undefined; prompt: ((response: GuestResponse) => void) | undefined }

const OUTSIDE = parseAddress('alice.os@tester:distro:sys')
const MEMORY_MAX_BYTES = 16 * 1_048_576
const IDLE = 200

/** Starts an instance in this thread. `others` finds whom it asks. */
function startHere(compiled: CompiledComponent, our: ProcessAddress, others: Map<string, Seat>): void {
  const seat: Seat = { waiting: undefined, prompt: undefined }
  others.set(our.process.process, seat)
  const calls: KernelCalls = {
    act: (action) => {
      if (action.kind === 'respond') seat.prompt?.(action.response)
    },
    ask: (question, _cost, then) =>
      new Promise<GuestAnswer>((resolve, reject) => {
        if (question.kind === 'receive') seat.waiting = resolve
        else if (question.kind !== 'send-and-await') reject(new Error(`these guests do not ask for ${question.kind}`))
        else {
          const { request } = question
          const target = others.get(request.target.process.process)
          const { prompt } = seat
          if (target === undefined) return reject(new Error(`${formatAddress(request.target)} does not run`))
          deliver(target, { kind: 'request', source: our, request }, (response) => {
            seat.prompt = prompt
            resolve({
              kind: 'event',
              event: { kind: 'response', source: request.target, response, context: undefined },
            })
          })
        }
      }).then(then),
  }
  const standard = createStandardHost(calls, our)
  const wasi = systemWasi({ sleep: pause, stderr: () => undefined })
  const { init } = instantiateComponent(compiled, { standard, wasi, blocking: switchStacks })
  Promise.resolve(init(formatAddress(our))).catch((error: unknown) => {
    throw error
  })
}

function deliver(to: Seat, event: GuestEvent, prompt: (response: GuestResponse) => void): void {
  const { waiting } = to
  if (waiting === undefined) throw new Error('these guests take one message at a time')
  to.waiting = undefined
  to.prompt = prompt
  waiting({ kind: 'event', event })
}

export async function measureColocated(echoFile: string, askerFile: string, javaScriptFile: string): Promise<void> {
  const others = new Map<string, Seat>()
  const limits = { memoryMaxBytes: MEMORY_MAX_BYTES }
  const echo = await compileComponent(readFileSync(echoFile), limits)
  startHere(echo, parseAddress('alice.os@echo:app:pub.os'), others)
  startHere(await compileComponent(readFileSync(askerFile), limits), parseAddress('alice.os@asker:app:pub.os'), others)
  const asker = others.get('asker')
  if (asker === undefined) throw new Error('the asker was started')

  for (const { name, sizeBytes, rounds } of [
    { name: '100 B', sizeBytes: 100, rounds: 500 },
    { name: '1 MB', sizeBytes: 1_000_000, rounds: 5 },
  ]) {
    const taken: number[] = []
    for (let batch = 0; batch < 30; batch += 1) {
      const request = {
        inherit: false,
        expectsResponse: 60n,
        body: roundTrips(rounds, sizeBytes),
        metadata: undefined,
        capabilities: [],
        blob: undefined,
      }
      const answered = Promise.withResolvers<void>()
      taken.push(
        await microsecondsEach(rounds, () => {
          deliver(asker, { kind: 'request', source: OUTSIDE, request }, () => setImmediate(answered.resolve))
          return answered.promise
        }),
      )
    }
    const { best, median } = summarize(taken)
    line(`${name} there and back, both in one thread`, `${best.toFixed(1)} µs (median ${median.toFixed(1)})`)
  }

  const javaScript = await compileComponent(readFileSync(javaScriptFile), limits)
  startHere(javaScript, parseAddress('alice.os@first:app:pub.os'), others)
  const before = process.memoryUsage.rss()
  for (let count = 0; count < IDLE; count += 1) {
    startHere(javaScript, parseAddress(`alice.os@idle-${count}:app:pub.os`), others)
  }
  await pause(200)
  const each = (process.memoryUsage.rss() - before) / IDLE / 1e6
  line(`${IDLE} idle processes in one thread, in JavaScript`, `${each.toFixed(2)} MB each`)
}
