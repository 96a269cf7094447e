// What it costs to load a component and to call the host from it, beside jco doing the same: `npx node bench/components.ts`.
// Other components can be named, such as one in Rust: `npx node bench/components.ts path/to/guest.wasm`; those are only loaded.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import {
  type CompiledComponent,
  compileComponent,
  instantiateComponent,
  switchStacks,
} from '../node/wasm/component/component.ts'
import { elaborate } from '../node/wasm/component/elaborate.ts'
import { npmScript } from '../scripts/cli/npm-script.ts'
import { HostTrap, type StandardHost } from '../node/wasm/standard.ts'
import { transpileWithJco } from '../test/node/wasm/component/jco.ts'
import { GUESTS } from '../test/node/wasm/guests/guests.ts'
import { request, scriptedHost, testWasi } from '../test/node/wasm/guests/scripted-host.ts'

const files = npmScript('npx node bench/components.ts', 'Measures loading components and calling the host, beside jco.')
  .argument('[file...]', 'other components, which are only loaded')
  .parse().args

const LIMITS = { memoryMaxBytes: 64 * 1_048_576 }
const LOADS = 20
/** How much less a call must cost here than under jco for a loader of our own to be worth its code. */
const WANTED_RATIO = 1.5

/** Requests for the guest to send back, and at the end one to return. */
function echoing(size: number, rounds: number): StandardHost {
  const echo = request('m', { body: new Uint8Array(size).fill(109) })
  let round = 0
  return {
    ...scriptedHost([]).standard,
    receive: () => {
      round += 1
      if (round > rounds + 1) throw new HostTrap('the guest goes on after its last message')
      return round > rounds ? request('q') : echo
    },
    sendResponse: ({ body }) => {
      if (body.length !== size) throw new HostTrap(`the guest answered with ${body.length} bytes`)
    },
    printToTerminal: () => undefined,
  }
}

async function medianMs(times: number, run: () => unknown): Promise<number> {
  const taken: number[] = []
  for (let time = 0; time < times; time++) {
    const start = performance.now()
    await run()
    taken.push(performance.now() - start)
  }
  return median(taken) ?? 0
}

const REPEATS = 9

/** Microseconds per round of each way, taken in turns, so that none is the first to be compiled or the last in a full heap. */
async function compareRounds(rounds: number, ways: readonly (() => void | Promise<void>)[]): Promise<number[]> {
  const taken = ways.map((): number[] => [])
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    for (const [at, run] of ways.entries()) {
      const start = performance.now()
      await run()
      if (repeat > 0) taken[at]?.push(performance.now() - start)
    }
  }
  return taken.map((times) => ((median(times) ?? 0) * 1_000) / rounds)
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

async function loadTimes(name: string, bytes: Uint8Array): Promise<CompiledComponent> {
  const parse = await medianMs(LOADS, () => elaborate(bytes, () => Promise.resolve()))
  const compile = await medianMs(LOADS, () => compileComponent(bytes, LIMITS))
  const compiled = await compileComponent(bytes, LIMITS)
  const link = await medianMs(LOADS, () =>
    instantiateComponent(compiled, { standard: scriptedHost([]).standard, wasi: testWasi().wasi }),
  )
  const columns = [
    `${bytes.length} bytes`,
    `parse ${parse.toFixed(2)} ms`,
    `parse and compile ${compile.toFixed(1)} ms`,
  ]
  console.log([name.padEnd(10), ...columns, `link ${link.toFixed(2)} ms`].join('   '))
  return compiled
}

const compiledGuests = new Map<string, { readonly bytes: Uint8Array; readonly compiled: CompiledComponent }>()
for (const [name, build] of Object.entries(GUESTS)) {
  const bytes = await build()
  compiledGuests.set(name, { bytes, compiled: await loadTimes(name, bytes) })
}
for (const path of files) await loadTimes(basename(path), readFileSync(path))

for (const [name, { bytes, compiled }] of compiledGuests) {
  const transpiled = await transpileWithJco(bytes)
  for (const [size, rounds] of [
    [100, 5_000],
    [1_048_576, 20],
  ] as const) {
    const { wasi } = testWasi()
    const [direct = 0, switching = 0, jco = 0] = await compareRounds(rounds, [
      () => instantiateComponent(compiled, { standard: echoing(size, rounds), wasi }).init('a@b:c:d'),
      () => {
        const standard = echoing(size, rounds)
        const receive: StandardHost['receive'] = () => Promise.resolve(standard.receive())
        const hosts = { standard: { ...standard, receive }, wasi, blocking: switchStacks }
        return instantiateComponent(compiled, hosts).init('a@b:c:d')
      },
      () => transpiled.instantiate(echoing(size, rounds)).init('a@b:c:d'),
    ])
    const ratio = jco / direct
    const verdict = size > 1_000 || ratio >= WANTED_RATIO ? '' : `   BELOW ${WANTED_RATIO}`
    console.log(
      `${name.padEnd(10)}   ${size} bytes there and back: direct ${direct.toFixed(1)} µs, ` +
        `stacks switched ${switching.toFixed(1)} µs, jco ${jco.toFixed(1)} µs: ${ratio.toFixed(1)} times${verdict}`,
    )
  }
}
