import { expect, test } from 'vitest'
import {
  type CompiledComponent,
  GuestTrap,
  compileComponent,
  instantiateComponent,
  switchStacks,
} from '../../../../node/wasm/component/component.ts'
import { GuestMemory } from '../../../../node/wasm/component/guest-memory.ts'
import { HostTrap, type StandardHost } from '../../../../node/wasm/standard.ts'
import { readGuestC } from '../guests/guests.ts'
import { BLOB, request, scriptedHost, testWasi } from '../guests/scripted-host.ts'
import { MEMORY, write } from './written.ts'

const MEBIBYTE = 1_048_576
const compiled: CompiledComponent = await compileComponent(readGuestC(), { memoryMaxBytes: 2 * MEBIBYTE })

/** Runs the guest in C until it ends; gives the host's record and why it ended. */
function run(letters: readonly string[], answers: Partial<StandardHost> = {}, component = compiled) {
  const { standard, calls } = scriptedHost(
    [...letters.map((letter) => request(letter, { blob: BLOB })), request('q')],
    answers,
  )
  const instance = instantiateComponent(component, { standard, wasi: testWasi().wasi })
  try {
    void instance.init('alice-home.os@main:chat:alice.os')
  } catch (error) {
    if (error instanceof GuestTrap) return { calls, instance, end: error.message, code: error.code }
    throw error
  }
  return { calls, instance, end: 'returned', code: undefined }
}

const REFUSED: readonly (readonly [title: string, letters: string, end: string])[] = [
  [
    'text that reaches beyond its memory',
    '!a',
    'the guest gave 2 bytes at 65535, expected them inside its 65536 bytes of memory',
  ],
  [
    'text longer than any memory',
    '!b',
    'the guest gave 4294967295 bytes at 0, expected them inside its 65536 bytes of memory',
  ],
  ['text that is not UTF-8', '!c', /the guest gave 2 bytes at \d+ as text, expected UTF-8/.source],
  [
    'a list larger than any that is taken',
    '!d',
    'the guest gave a list of 85899345880 bytes, expected at most 4194304',
  ],
  ['a list that is not aligned', '!e', 'the guest gave the pointer 2, expected a multiple of 4'],
  [
    'room for a result beyond its memory',
    '!f',
    'the guest gave 152 bytes at 65528, expected them inside its 65536 bytes of memory',
  ],
  ['room for a result that is not aligned', '!g', 'the guest gave the pointer 4, expected a multiple of 8'],
  [
    'parameters beyond its memory',
    '!h',
    'the guest gave 128 bytes at 65536, expected them inside its 65536 bytes of memory',
  ],
  ['a case that does not exist', '!i', 'the guest gave the case 3 of a variant, expected one below 3'],
  ['one text many times over', '!j', 'the guest handed over much more in one call than its memory holds'],
  [
    'room beyond its memory',
    '!1',
    /the guest gave \d+ bytes at 4294967280, expected them inside its 65536 bytes of memory/.source,
  ],
  ['room that is not aligned', '!2', /the guest gave \d+ bytes at 4294967295, expected them inside its 65536/.source],
  ['room only by calling the host', '!3', 'the guest called the host while it made room for a value'],
  ['no room but a trap', '!4', 'unreachable'],
]

test.each(REFUSED)('a guest that gives %s is ended, and nothing reaches the host', (_title, letters, end) => {
  const { calls, end: found } = run([letters])
  expect(found).toMatch(new RegExp(`^${end}`))
  expect(calls.map(([name]) => name).filter((name) => !['print-to-terminal', 'receive'].includes(name))).toEqual([])
  expect(calls.filter(([name]) => name === 'print-to-terminal')).toHaveLength(1)
})

test('memory stops growing at the limit, and the guest learns that it does', () => {
  const { calls, instance, end } = run(['!k'])
  expect(end).toBe('returned')
  expect(calls.flatMap(([name, response]) => (name === 'send-response' ? [response] : []))).toHaveLength(1)
  expect(instance.memoryBytes()).toBeLessThanOrEqual(2 * MEBIBYTE)
  expect(instance.memoryBytes()).toBeGreaterThan(MEBIBYTE)
})

const GROW_ALL = (memory: number): string =>
  `(loop $g (br_if $g (i32.ne (memory.grow ${memory} (i32.const 1)) (i32.const -1))))`

test.each<[title: string, memories: string, MiB: readonly [number, number]]>([
  ['in proportion to how they begin', '(memory (export "memory") 12) (memory (export "b") 4)', [1.5, 0.5]],
  ['one beside an empty one all of it', '(memory (export "memory") 1) (memory (export "b") 0)', [2, 0]],
  ['what one does not want goes to the other', '(memory (export "memory") 4 8) (memory (export "b") 4)', [0.5, 1.5]],
])('several memories grow to the limit together: %s', async (_title, memories, expected) => {
  const limit = 2 * MEBIBYTE
  const component = await compileComponent(
    await write({
      core: memories,
      init: `${GROW_ALL(0)} ${GROW_ALL(1)}
        (if (i32.ne (memory.size 0) (i32.const ${(expected[0] * MEBIBYTE) / 65_536})) (then unreachable))
        (if (i32.ne (memory.size 1) (i32.const ${(expected[1] * MEBIBYTE) / 65_536})) (then unreachable))`,
    }),
    { memoryMaxBytes: limit },
  )
  const { end, instance } = run([], {}, component)
  expect(end).toBe('returned')
  expect(instance.memoryBytes()).toBe(limit)
})

test('several tables grow to 100,000 entries together', async () => {
  const grown = (table: number, entries: number): string =>
    `(if (i32.ne (table.grow ${table} (ref.null func) (i32.const ${entries - 1})) (i32.const 1)) (then unreachable))
    (if (i32.ne (table.grow ${table} (ref.null func) (i32.const 1)) (i32.const -1)) (then unreachable))`
  const component = await compileComponent(
    await write({
      core: `${MEMORY} (table 1 funcref) (table 1 100 funcref)`,
      init: `${grown(0, 100_000 - 100)} ${grown(1, 100)}`,
    }),
    { memoryMaxBytes: MEBIBYTE },
  )
  expect(run([], {}, component).end).toBe('returned')
})

test('what a memory holds counts though the component exports no such memory', async () => {
  const hidden = await compileComponent(
    await write({ core: `${MEMORY} (memory 2 20)`, init: '(drop (memory.grow 1 (i32.const 10)))' }),
    { memoryMaxBytes: 2 * MEBIBYTE },
  )
  const { instance, end } = run([], {}, hidden)
  expect([end, instance.memoryBytes()]).toEqual(['returned', (1 + 2 + 10) * 65_536])
})

test('a maximum that the component declares itself stays when it is lower', async () => {
  const small = await compileComponent(
    await write({
      core: '(memory (export "memory") 1 3)',
      init: '(drop (memory.grow (i32.const 2))) (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))',
    }),
    { memoryMaxBytes: MEBIBYTE },
  )
  const instance = instantiateComponent(small, { standard: scriptedHost([]).standard, wasi: testWasi().wasi })
  void instance.init('')
  expect(instance.memoryBytes()).toBe(3 * 65_536)
})

test('a value too large for the guest ends it', () => {
  const { end, code } = run(['g'], { getState: () => new Uint8Array(3 * MEBIBYTE) })
  expect([code, end]).toEqual(['fault', 'unreachable'])
})

test('a value that fills most of the memory arrives whole', () => {
  const state = Uint8Array.from({ length: MEBIBYTE }, (_, at) => at % 251)
  const { calls, end } = run(['g'], { getState: () => state })
  expect(end).toBe('returned')
  expect(calls).toContainEqual(['send-response', expect.objectContaining({ body: state })])
})

test('a value of several pieces arrives whole, in both directions', async () => {
  const roomy = await compileComponent(readGuestC(), { memoryMaxBytes: 8 * MEBIBYTE })
  const state = Uint8Array.from({ length: 2.5 * MEBIBYTE + 3 }, (_, at) => at % 251)
  const { calls, end } = run(['g'], { getState: () => state }, roomy)
  expect(end).toBe('returned')
  expect(calls).toContainEqual(['send-response', expect.objectContaining({ body: state })])
})

test('a text larger than any that is taken ends the guest', () => {
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1_025 }), undefined)
  expect(() => memory.text(0, 64 * MEBIBYTE + 1)).toThrow(
    'the guest gave 67108865 bytes as text, expected at most 67108864',
  )
})

test('a guest with little memory may send one body to several targets', () => {
  const { standard, calls } = scriptedHost([request('R', { body: new Uint8Array(45_000).fill(82) }), request('q')])
  const instance = instantiateComponent(compiled, { standard, wasi: testWasi().wasi })
  void instance.init('our')
  expect(instance.memoryBytes()).toBeLessThan(3 * 45_000)
  expect(calls.map(([name]) => name)).toContain('send-requests')
})

test('a trap, and a stack without end, end only the guest', async () => {
  expect(run(['!m'])).toMatchObject({ code: 'fault', end: 'unreachable' })
  const deep = await compileComponent(await write({ core: `${MEMORY} (func $f call $f)`, init: 'call $f' }), {
    memoryMaxBytes: MEBIBYTE,
  })
  expect(run([], {}, deep)).toMatchObject({ code: 'fault', end: 'Maximum call stack size exceeded' })
})

test('a guest that catches the end of the world gets it again at its next call', async () => {
  const has = '(import "hyperware:process/standard@1.0.0" (instance $s (export "has-blob" (func (result bool)))))'
  const stubborn = await compileComponent(
    await write({
      before: `${has} (core func $has (canon lower (func $s "has-blob")))`,
      core: `(import "s" "has-blob" (func $has (result i32))) ${MEMORY}`,
      given: '(with "s" (instance (export "has-blob" (func $has))))',
      init: '(block $a (try_table (catch_all $a) (drop (call $has)))) (block $b (try_table (catch_all $b) (drop (call $has))))',
    }),
    { memoryMaxBytes: MEBIBYTE },
  )
  let asked = 0
  const hasBlob = (): boolean => {
    asked += 1
    throw new HostTrap('killed')
  }
  expect(run([], { hasBlob }, stubborn)).toMatchObject({ code: 'host', end: 'killed' })
  expect(asked).toBe(1)
})

const HAS = `(import "hyperware:process/standard@1.0.0" (instance $s (export "has-blob" (func (result bool)))))
  (core func $has (canon lower (func $s "has-blob")))`
const GIVEN = '(with "s" (instance (export "has-blob" (func $has))))'

/** A guest that calls `has-blob` somewhere it is not expected to. */
async function runCalling(parts: { readonly core: string; readonly exported?: string; readonly init?: string }) {
  const { core, ...rest } = parts
  const imported = '(import "s" "has-blob" (func $has (result i32)))'
  const written = await write({ ...rest, before: HAS, core: `${imported} ${MEMORY} ${core}`, given: GIVEN })
  return run([], {}, await compileComponent(written, { memoryMaxBytes: MEBIBYTE }))
}

test('a guest may call the host as soon as it starts', async () => {
  const { calls, end } = await runCalling({ core: '(func $start (drop (call $has))) (start $start)' })
  expect([calls, end]).toEqual([[['has-blob']], 'returned'])
})

test('a guest that calls the host when it tidies up is ended', async () => {
  const options = `(memory (core memory $i "memory")) (realloc (core func $i "realloc")) (post-return (core func $i "tidy"))`
  const { calls, end, code } = await runCalling({
    core: '(func (export "tidy") (drop (call $has)))',
    exported: `(func (export "init") (param "our" string) (canon lift (core func $i "init") ${options}))`,
  })
  expect([calls, end, code]).toEqual([[], 'the guest called the host after it had returned', 'host'])
})

test('a guest whose start or tidying up traps is ended', async () => {
  const starts = await runCalling({ core: '(func $start unreachable) (start $start)' }).catch((error: unknown) => error)
  expect(starts).toMatchObject({ code: 'fault', message: 'unreachable' })
  const options = `(memory (core memory $i "memory")) (realloc (core func $i "realloc")) (post-return (core func $i "tidy"))`
  const tidies = await runCalling({
    core: '(func (export "tidy") unreachable)',
    exported: `(func (export "init") (param "our" string) (canon lift (core func $i "init") ${options}))`,
  })
  expect(tidies).toMatchObject({ code: 'fault', end: 'unreachable' })
})

test('a guest that imports a host function with another signature is ended when it calls it', async () => {
  const lenient = await compileComponent(
    await write({
      before: `(import "wasi:cli/exit@0.2.0" (instance $s (export "exit" (func (param "status" (result))))))
        (core func $exit (canon lower (func $s "exit")))`,
      core: `(import "s" "exit" (func $exit (param i64))) ${MEMORY}`,
      given: '(with "s" (instance (export "exit" (func $exit))))',
      init: '(call $exit (i64.const 0))',
    }),
    { memoryMaxBytes: MEBIBYTE },
  )
  const end = 'the guest passed a bigint as parameter 0, expected a 32-bit integer'
  expect(run([], {}, lenient)).toMatchObject({ code: 'host', end })
})

test('a promise that is rejected ends a guest whose stack is set aside', async () => {
  const receive = (): Promise<never> => Promise.reject(new HostTrap('killed'))
  const { standard } = scriptedHost([], { receive })
  const instance = instantiateComponent(compiled, { standard, wasi: testWasi().wasi, blocking: switchStacks })
  await expect(instance.init('our')).rejects.toMatchObject({ code: 'host', message: 'killed' })
})

test('a promise given to a guest that blocks its thread ends it', () => {
  const { end } = run([], { receive: () => Promise.resolve(request('q')) })
  expect(end).toBe('the host gave a promise to a guest that cannot wait for it')
})
