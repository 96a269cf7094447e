import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GuestEvent } from '../../../../node/kernel/guest.ts'
import { compileComponent, instantiateComponent } from '../../../../node/wasm/component/component.ts'
import { GUESTS } from '../guests/guests.ts'
import { plain, request, scriptedHost, testWasi } from '../guests/scripted-host.ts'
import { transpileWithJco } from './jco.ts'

const text = fc.string({ unit: 'binary', maxLength: 40 })
const bytes = fc.uint8Array({ maxLength: 300 })
const id = fc.record({ process: text, package: text, publisher: text })
const address = fc.record({ node: text, process: id })
const capabilities = fc.array(fc.record({ issuer: address, params: text }), { maxLength: 4 })
const blob = fc.option(fc.record({ mime: fc.option(text, { nil: undefined }), bytes }), { nil: undefined })
const context = fc.option(bytes, { nil: undefined })
const parts = { inherit: fc.boolean(), metadata: fc.option(text, { nil: undefined }), capabilities, blob }
// The guest in JavaScript has numbers for 64-bit integers.
const expectsResponse = fc.option(fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }), { nil: undefined })
const requestParts = fc.record({ ...parts, expectsResponse, body: bytes })
const response = fc.record({ ...parts, body: bytes })

/** What makes the guests call each function, and `m`, which they send back. */
const LETTERS = ['o', 'e', 's', 'g', 'c', 'w', '+', '-', 'h', 'l', 'r', 'R', 'a', 'm']

/** Every command of the guests, and everything else that may come in, with arbitrary contents. */
const event: fc.Arbitrary<GuestEvent> = fc.oneof(
  fc
    .record({ source: address, letter: fc.constantFrom(...LETTERS), parts: requestParts })
    .map(({ source, letter, parts }) => {
      const body = Buffer.concat([Buffer.from(letter), parts.body])
      return { kind: 'request' as const, source, request: { ...parts, body } }
    }),
  fc.record({ kind: fc.constant('response' as const), source: address, response, context }),
  fc.record({
    kind: fc.constant('send-error' as const),
    error: fc.constantFrom('offline', 'timeout'),
    target: address,
    message: fc.oneof(
      fc.record({ kind: fc.constant('request' as const), request: requestParts }),
      fc.record({ kind: fc.constant('response' as const), response }),
    ),
    blob,
    context,
  }),
)

const EVENTS = [...fc.sample(event, { numRuns: 300, seed: 20_261_121 }), request('q')]

test.each(Object.keys(GUESTS))(
  'a guest in %s calls the same here as under jco, with 300 random events',
  async (language) => {
    const component = await GUESTS[language]?.()
    if (component === undefined) throw new Error(`no guest in ${language}`)
    const here = scriptedHost(EVENTS)
    const compiled = await compileComponent(component, { memoryMaxBytes: 16 * 1_048_576 })
    await instantiateComponent(compiled, { standard: here.standard, wasi: testWasi().wasi }).init('a@b:c:d')
    const there = scriptedHost(EVENTS)
    const transpiled = await transpileWithJco(component)
    await transpiled.instantiate(there.standard).init('a@b:c:d')
    expect(here.calls.length).toBeGreaterThan(600)
    expect(plain(here.calls)).toEqual(plain(there.calls))
  },
)
