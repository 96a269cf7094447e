import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  type CompiledComponent,
  GuestTrap,
  blockThread,
  compileComponent,
  instantiateComponent,
  switchStacks,
} from '../../../../node/wasm/component/component.ts'
import { StderrTail, type WasiHost, systemWasi } from '../../../../node/wasm/wasi/host.ts'
import { WASI_INTERFACES } from '../../../../node/wasm/wasi/interfaces.ts'
import { write } from '../component/written.ts'
import { readGuestRust } from '../guests/guests.ts'
import { request, scriptedHost, testWasi } from '../guests/scripted-host.ts'

const LIMITS = { memoryMaxBytes: 1_048_576 }

/** A machine whose clock moves only while something sleeps, and which counts bytes instead of rolling dice. */
function fakeMachine(): WasiHost & { readonly slept: number[]; readonly said: StderrTail } {
  const slept: number[] = []
  const said = new StderrTail()
  let nowNs = 5_000_000n
  return {
    slept,
    said,
    wallClockMs: () => 1_700_000_000_123,
    monotonicNs: () => nowNs,
    randomBytes: (length) => Uint8Array.from({ length }, (_, at) => at + 1),
    sleep: (ms) => {
      slept.push(ms)
      nowNs += BigInt(ms) * 1_000_000n
    },
    stderr: (bytes) => said.write(bytes),
  }
}

/** Calls a function of WASI as a guest would, after its parameters were read. */
function call(
  interfaceName: string,
  name: string,
  values: Record<string, unknown> = {},
  host = fakeMachine(),
): unknown {
  const found = WASI_INTERFACES[`wasi:${interfaceName}`]?.functions[name]
  if (found === undefined) throw new Error(`WASI here has no ${name} of ${interfaceName}`)
  return found.call(host, values)
}

test('every function of the command line set of WASI 0.2.12 links, and the 19 beside them', async () => {
  // A core module that imports everything, made by componentEmbed's `dummy` from the WIT of WebAssembly/WASI at v0.2.12
  // and ours, for a world that includes wasi:cli/imports and process-v1.
  const bytes = readFileSync(join(import.meta.dirname, '../guests/wasi/imports-0.2.12.wasm'))
  const component = await compileComponent(bytes, LIMITS)
  const lowered = component.plan.instances.flatMap((instance) => (instance.kind === 'exports' ? instance.exports : []))
  expect(lowered.filter(({ item }) => item.kind === 'host').length).toBeGreaterThan(130)
  instantiateComponent(component, { ...scriptedHost([]), wasi: fakeMachine() })
})

test('no arguments, no variables, no folder, no terminal, no files', () => {
  expect(call('cli/environment', 'get-arguments')).toEqual([])
  expect(call('cli/environment', 'get-environment')).toEqual([])
  expect(call('cli/environment', 'initial-cwd')).toBeUndefined()
  expect(call('cli/terminal-stderr', 'get-terminal-stderr')).toBeUndefined()
  expect(call('filesystem/preopens', 'get-directories')).toEqual([])
})

test('sockets and names are denied', () => {
  const denied = { error: 'access-denied' }
  expect(call('sockets/tcp-create-socket', 'create-tcp-socket', { addressFamily: 'ipv4' })).toEqual(denied)
  expect(call('sockets/udp-create-socket', 'create-udp-socket', { addressFamily: 'ipv6' })).toEqual(denied)
  const network = call('sockets/instance-network', 'instance-network')
  expect(call('sockets/ip-name-lookup', 'resolve-addresses', { network, name: 'localhost' })).toEqual(denied)
})

test('standard input is at its end, output goes nowhere, and errors are kept', () => {
  const host = fakeMachine()
  const input = call('cli/stdin', 'get-stdin')
  expect(call('io/streams', '[method]input-stream.blocking-read', { self: input, len: 9n })).toEqual({
    error: { kind: 'closed' },
  })
  for (const stream of ['stdout', 'stderr']) {
    const self = call(`cli/${stream}`, `get-${stream}`)
    expect(call('io/streams', '[method]output-stream.check-write', { self })).toEqual({ ok: 65_536n })
    const contents = Buffer.from(`to ${stream}`)
    expect(call('io/streams', '[method]output-stream.write', { self, contents }, host)).toEqual({ ok: undefined })
  }
  expect(host.said.text()).toBe('to stderr')
})

test('only the last 5,000 bytes of errors are kept', () => {
  const tail = new StderrTail()
  for (let at = 0; at < 3_000; at++) tail.write(Buffer.from(`${at}\n`))
  expect(tail.text()).toHaveLength(5_000)
  expect(tail.text().endsWith('2998\n2999\n')).toBe(true)
})

test('clocks and random bytes are those of the machine', () => {
  expect(call('clocks/wall-clock', 'now')).toEqual({ seconds: 1_700_000_000n, nanoseconds: 123_000_000 })
  expect(call('clocks/monotonic-clock', 'now')).toBe(5_000_000n)
  expect(call('random/random', 'get-random-bytes', { len: 3n })).toEqual(Uint8Array.of(1, 2, 3))
  expect(call('random/random', 'get-random-u64')).toBe(0x0102_0304_0506_0708n)
  expect(() => call('random/random', 'get-random-bytes', { len: 1_048_577n })).toThrow(
    'the guest asked for 1048577 random bytes at once, expected at most 1048576',
  )
  expect(new Set(systemWasi({ sleep: () => {}, stderr: () => {} }).randomBytes(64)).size).toBeGreaterThan(20)
})

test('poll waits for the first of several, and says which are ready', () => {
  const host = fakeMachine()
  const after = (ms: number): unknown =>
    call('clocks/monotonic-clock', 'subscribe-duration', { when: BigInt(ms) * 1_000_000n }, host)
  const [late, soon, sooner] = [after(90), after(20), after(20)]
  expect(call('io/poll', '[method]pollable.ready', { self: soon }, host)).toBe(false)
  expect(call('io/poll', 'poll', { in: [late, soon, sooner] }, host)).toEqual([1, 2])
  expect(host.slept).toEqual([21])
  call('io/poll', '[method]pollable.block', { self: late }, host)
  expect(host.slept).toEqual([21, 70])
  const input = call('io/streams', '[method]input-stream.subscribe', { self: call('cli/stdin', 'get-stdin') }, host)
  expect(call('io/poll', 'poll', { in: [after(1_000), input] }, host)).toEqual([1])
  expect(() => call('io/poll', 'poll', { in: [] }, host)).toThrow('the guest polls an empty list')
})

test('the longest wait takes several sleeps', () => {
  const host = fakeMachine()
  const when = 9_000_000_000_000n // 2.5 hours
  const self = call('clocks/monotonic-clock', 'subscribe-duration', { when }, host)
  call('io/poll', '[method]pollable.block', { self }, host)
  expect(host.slept).toEqual([3_600_000, 3_600_000, 1_800_001])
})

/** Sleeps 20 ms, then exits with the status given. */
function sleeper(status: 0 | 1): Promise<CompiledComponent> {
  return write({
    before: `
      (import "wasi:io/poll@0.2.3" (instance $poll
        (export "pollable" (type $p (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $p))))))
      (alias export $poll "pollable" (type $pollable))
      (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock
        (export "pollable" (type $p (eq $pollable)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
      (import "wasi:cli/exit@0.2.3" (instance $exit (export "exit" (func (param "status" (result))))))
      (core func $block (canon lower (func $poll "[method]pollable.block")))
      (core func $drop (canon resource.drop $pollable))
      (core func $subscribe (canon lower (func $clock "subscribe-duration")))
      (core func $exit (canon lower (func $exit "exit")))`,
    core: `
      (import "w" "block" (func $block (param i32)))
      (import "w" "drop" (func $drop (param i32)))
      (import "w" "subscribe" (func $subscribe (param i64) (result i32)))
      (import "w" "exit" (func $exit (param i32)))
      (memory (export "memory") 1)`,
    given: `(with "w" (instance (export "block" (func $block)) (export "drop" (func $drop))
      (export "subscribe" (func $subscribe)) (export "exit" (func $exit))))`,
    init: `(local $handle i32) (local.set $handle (call $subscribe (i64.const 20000000)))
      (call $block (local.get $handle)) (call $drop (local.get $handle)) (call $exit (i32.const ${status})) unreachable`,
  }).then((bytes) => compileComponent(bytes, LIMITS))
}

test('a guest sleeps on its thread, or with its stack set aside, and exits', async () => {
  const { standard } = scriptedHost([])
  const compiled = await sleeper(0)
  const began = performance.now()
  void instantiateComponent(compiled, { standard, wasi: testWasi().wasi, blocking: blockThread }).init('')
  expect(performance.now() - began).toBeGreaterThan(19)
  const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
  const wasi = systemWasi({ sleep, stderr: () => {} })
  const together = performance.now()
  const runs = Array.from({ length: 5 }, async () =>
    instantiateComponent(compiled, { standard, wasi, blocking: switchStacks }).init(''),
  )
  await Promise.all(runs)
  expect(performance.now() - together).toBeGreaterThan(19)
})

test('an exit with a failure is a trap, and a stale handle is one', async () => {
  const { standard } = scriptedHost([])
  const failing = instantiateComponent(await sleeper(1), { standard, wasi: fakeMachine() })
  expect(() => failing.init('')).toThrow(GuestTrap)
  expect(() => failing.init('')).toThrow('the guest exited with a failure')
  const stale = await write({
    before: `(import "wasi:io/error@0.2.0" (instance $e (export "error" (type (sub resource)))))
      (alias export $e "error" (type $error)) (core func $drop (canon resource.drop $error))`,
    core: '(import "w" "drop" (func $drop (param i32))) (memory (export "memory") 1)',
    given: '(with "w" (instance (export "drop" (func $drop))))',
    init: '(call $drop (i32.const 7))',
  }).then((bytes) => compileComponent(bytes, LIMITS))
  const instance = instantiateComponent(stale, { standard, wasi: fakeMachine() })
  expect(() => instance.init('')).toThrow("the guest's handle 7 is nothing, expected error")
})

test('methods of sockets and files link, and calling one ends the guest, which can hold none', async () => {
  const bytes = await write({
    before: `(import "wasi:sockets/tcp@0.2.0" (instance $t
        (export "tcp-socket" (type $s (sub resource)))
        (export "[method]tcp-socket.is-listening" (func (param "self" (borrow $s)) (result bool)))))
      (core func $listening (canon lower (func $t "[method]tcp-socket.is-listening")))`,
    core: '(import "w" "listening" (func $listening (param i32) (result i32))) (memory (export "memory") 1)',
    given: '(with "w" (instance (export "listening" (func $listening))))',
    init: '(drop (call $listening (i32.const 1)))',
  })
  const { standard } = scriptedHost([])
  const instance = instantiateComponent(await compileComponent(bytes, LIMITS), { standard, wasi: fakeMachine() })
  expect(() => instance.init('')).toThrow("the guest's handle 1 is nothing, expected tcp-socket")
})

/** Runs the guest in Rust with one command, on this machine. */
async function runRust(command: string): Promise<{ said: string[]; end: unknown; stderr: string }> {
  const compiled = await compileComponent(readGuestRust(), { memoryMaxBytes: 16 * 1_048_576 })
  const { standard, calls } = scriptedHost([request(command), request('q')])
  const { wasi, stderr } = testWasi()
  let end: unknown = 'returned'
  try {
    void instantiateComponent(compiled, { standard, wasi }).init('our')
  } catch (error) {
    end = error
  }
  const said = calls.flatMap(([name, response]) =>
    name === 'send-response' ? [Buffer.from((response as { body: Uint8Array }).body).toString()] : [],
  )
  return { said, end, stderr: stderr.text() }
}

test("Rust's std finds clocks and seeds, and no arguments, variables, files, sockets or input", async () => {
  const { said, end, stderr } = await runRust('W')
  expect({ said, end }).toEqual({ said: ['true true 0 0 true true 0 1'], end: 'returned' })
  expect(stderr).toBe('the last words\n')
})

test("Rust's panics and exits end the guest, and leave the last words", async () => {
  const panic = await runRust('P')
  expect(panic.end).toMatchObject({ code: 'fault', message: 'unreachable' })
  expect(panic.stderr).toContain('panicked at src/lib.rs:105:23:\nas told')
  expect((await runRust('X0')).end).toBe('returned')
  expect((await runRust('X1')).end).toMatchObject({ code: 'exit', message: 'the guest exited with a failure' })
})
