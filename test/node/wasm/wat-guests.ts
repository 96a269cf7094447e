import { readFileSync } from 'node:fs'
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools'

/**
 * Processes written by hand in WebAssembly's text form: a kilobyte each, so that what a test measures is the host. Offsets
 * are those that the canonical ABI gives the types of `node/wasm/wit/hyperware.wit`.
 */

const PROCESS_WIT = readFileSync(new URL('../../../node/wasm/wit/hyperware.wit', import.meta.url), 'utf8')

/** The world of the guests here: that of every process, and standard error. */
const WIT = `${PROCESS_WIT}
world guest {
  include process-v1;
  import wasi:cli/stderr@0.2.3;
}
package wasi:io@0.2.3 {
  interface error { resource error; }
  interface streams {
    use error.{error};
    variant stream-error { last-operation-failed(error), closed }
    resource output-stream { blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>; }
  }
}
package wasi:cli@0.2.3 {
  interface stderr {
    use wasi:io/streams@0.2.3.{output-stream};
    get-stderr: func() -> output-stream;
  }
}`

const STANDARD = 'hyperware:process/standard@1.0.0'

/** Where the functions are that guests here import, and their core types. */
const IMPORTS = {
  'print-to-terminal': [STANDARD, '(param i32 i32 i32)'],
  receive: [STANDARD, '(param i32)'],
  'send-request': [STANDARD, '(param i32)'],
  'send-requests': [STANDARD, '(param i32 i32)'],
  'send-response': [STANDARD, `(param ${'i32 '.repeat(14)})`],
  'send-and-await-response': [STANDARD, '(param i32 i32)'],
  'get-state': [STANDARD, '(param i32)'],
  'set-state': [STANDARD, '(param i32 i32)'],
  'get-stderr': ['wasi:cli/stderr@0.2.3', '(result i32)'],
  '[method]output-stream.blocking-write-and-flush': ['wasi:io/streams@0.2.3', '(param i32 i32 i32 i32)'],
} as const

type Import = keyof typeof IMPORTS

/** Addresses below are the guest's own; `cabi_realloc` gives out memory from `$top` on. */
const TOP = 65_536

async function component(imports: readonly Import[], code: string, pages = 2): Promise<Uint8Array> {
  const declared = imports.map(
    (name) => `(import "${IMPORTS[name][0]}" "${name}" (func $${name.replace(/.*\./, '')} ${IMPORTS[name][1]}))`,
  )
  const core = await parse(`(module
    ${declared.join('\n')}
    (memory (export "memory") ${pages})
    (global $top (mut i32) (i32.const ${TOP}))
    (func (export "cabi_realloc") (param $old i32) (param $oldSize i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (block $fits (loop $grow
        (br_if $fits (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $fits (i32.eq (memory.grow (i32.const 16)) (i32.const -1)))
        (br $grow)))
      (local.get $at))
    ${code})`)
  return componentNew(await componentEmbed({ binary: core, witSource: WIT, world: 'guest' }))
}

/** What the last call gave lies here; `receive` gives a request, `send-and-await-response` a response. */
const EVENT = 1_024
const FAILED = `(i32.load8_u (i32.const ${EVENT}))`
const IS_RESPONSE = `(i32.load8_u (i32.const ${EVENT + 40}))`
const REQUEST_BODY = { at: `(i32.load (i32.const ${EVENT + 72}))`, length: `(i32.load (i32.const ${EVENT + 76}))` }
const RESPONSE_LENGTH = `(i32.load (i32.const ${EVENT + 56}))`

/** A request as the sending functions take it, in memory: to `target:app:pub.os` on this node. */
const REQUEST = 2_048
const NAMES = 4_096
const BODY = 8_192

function requestTo(target: string, packageName = 'app', publisher = 'pub.os'): string {
  const names = ['our', target, packageName, publisher]
  let at = NAMES
  const pointers = names.map((name) => {
    const pointer = `\\${hex(at)}\\${hex(at >> 8)}\\00\\00\\${hex(name.length)}\\00\\00\\00`
    at += name.length
    return pointer
  })
  return `(data (i32.const ${NAMES}) "${names.join('')}") (data (i32.const ${REQUEST}) "${pointers.join('')}")`
}

function hex(byte: number): string {
  return (byte & 0xff).toString(16).padStart(2, '0')
}

function setBody(at: string, length: string): string {
  return `(i32.store (i32.const ${REQUEST + 56}) ${at}) (i32.store (i32.const ${REQUEST + 60}) ${length})`
}

const EXPECT_RESPONSE = `(i32.store8 (i32.const ${REQUEST + 40}) (i32.const 1)) (i64.store (i32.const ${REQUEST + 48}) (i64.const 60))`

function respond(at: string, length: string): string {
  const none = '(i32.const 0)'
  return `(call $send-response ${none} ${at} ${length} ${Array.from({ length: 11 }, () => none).join(' ')})`
}

const FREE_ALL = `(global.set $top (i32.const ${TOP}))`
const init = (code: string): string => `(func (export "init") (param i32 i32) ${code})`

/** Returns at once. */
export const returning = (): Promise<Uint8Array> => component([], init(''))

export const trapping = (): Promise<Uint8Array> => component([], init('unreachable'))

/** Traps before its `init` is called. */
export const failingAtStart = (): Promise<Uint8Array> =>
  component(
    [],
    `(func $start (drop (i32.div_u (i32.const 1) (i32.load (i32.const ${BODY}))))) (start $start) ${init('')}`,
  )

const WORDS = 'the disk of dreams is full'

/** Writes 10,000 times `y` and then why to standard error, and traps. */
export const complaining = (): Promise<Uint8Array> =>
  component(
    ['get-stderr', '[method]output-stream.blocking-write-and-flush'],
    `(data (i32.const ${NAMES}) "${WORDS}")
    (func (export "init") (param i32 i32) (local $stderr i32)
      (local.set $stderr (call $get-stderr))
      (memory.fill (i32.const ${BODY}) (i32.const 121) (i32.const 10000))
      (call $blocking-write-and-flush (local.get $stderr) (i32.const ${BODY}) (i32.const 10000) (i32.const ${EVENT}))
      (call $blocking-write-and-flush
        (local.get $stderr) (i32.const ${NAMES}) (i32.const ${WORDS.length}) (i32.const ${EVENT}))
      unreachable)`,
  )

/** Sends 40,000 empty requests in one call. */
export const listing = (): Promise<Uint8Array> =>
  component(
    ['send-requests'],
    init(`
      (drop (memory.grow (i32.const 100)))
      (call $send-requests (i32.const ${TOP + 4_096}) (i32.const 40000))`),
  )

/** Sends 30,000 requests in one call, each with metadata of 8,000 characters. */
export const hoarding = (): Promise<Uint8Array> =>
  component(
    ['send-requests'],
    `(func (export "init") (param i32 i32) (local $left i32) (local $at i32)
      (drop (memory.grow (i32.const 3900)))
      (local.set $left (i32.const 30000))
      (local.set $at (i32.const ${TOP + 4_096}))
      (loop $next
        (i32.store8 (i32.add (local.get $at) (i32.const 64)) (i32.const 1))
        (i32.store (i32.add (local.get $at) (i32.const 68)) (i32.const ${BODY}))
        (i32.store (i32.add (local.get $at) (i32.const 72)) (i32.const 8000))
        (local.set $at (i32.add (local.get $at) (i32.const 128)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $next (local.get $left)))
      (call $send-requests (i32.const ${TOP + 4_096}) (i32.const 30000)))`,
  )

/** Never calls the host. */
export const spinning = (): Promise<Uint8Array> => component([], init('(loop $again (br $again))'))

/** Calls itself until its stack is used up. */
export const recursing = (): Promise<Uint8Array> => component([], `(func $deep (call $deep)) ${init('(call $deep)')}`)

/** Takes memory until it gets no more, then goes on writing to all it has. */
export const allocating = (): Promise<Uint8Array> =>
  component(
    ['print-to-terminal'],
    init(`
      (loop $again
        (drop (memory.grow (i32.const 64)))
        (memory.fill (i32.const ${TOP}) (i32.const 1) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const ${TOP})))
        (br $again))`),
  )

const TAKE_ALL = '(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))'
const BEHIND_TOP = `(i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const ${TOP}))`
const SAY_SOMETHING = `(call $print-to-terminal (i32.const 0) (i32.const ${BODY}) (i32.const 1))`

/** Takes all the memory it gets, and then prints and writes to all of it, over and over, each time in one instruction. */
export const filling = (): Promise<Uint8Array> =>
  component(
    ['print-to-terminal'],
    init(`${TAKE_ALL}
      (loop $again ${SAY_SOMETHING} (memory.fill (i32.const ${TOP}) (i32.const 1) ${BEHIND_TOP}) (br $again))`),
  )

/** Takes all the memory it gets, prints, and then sends all of it, each time in one message. */
export const handingOver = (target: string): Promise<Uint8Array> =>
  component(
    ['print-to-terminal', 'send-request'],
    `${requestTo(target)} ${init(`${TAKE_ALL} ${SAY_SOMETHING}
      ${setBody(`(i32.const ${TOP})`, BEHIND_TOP)}
      (loop $again (call $send-request (i32.const ${REQUEST})) (br $again))`)}`,
  )

/** Takes all the memory it gets, and then every message. */
export const growing = (): Promise<Uint8Array> =>
  component(
    ['receive'],
    init(`
      ${TAKE_ALL}
      (loop $again ${FREE_ALL} (call $receive (i32.const ${EVENT})) (br $again))`),
  )

const FULL = 'memory.grow gave -1 at 00000 pages'

/** Takes all the memory it gets, prints how much that was, and answers requests with the same, one or all that come. */
export const measuring = ({ once }: { once: boolean }): Promise<Uint8Array> =>
  component(
    ['print-to-terminal', 'receive', 'send-response'],
    `(data (i32.const ${BODY}) "${FULL}")
    (func (export "init") (param i32 i32) (local $pages i32) (local $at i32)
      ${TAKE_ALL}
      (local.set $pages (memory.size))
      (local.set $at (i32.const ${BODY + FULL.indexOf(' pages') - 1}))
      (loop $digit
        (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $pages) (i32.const 10))))
        (local.set $at (i32.sub (local.get $at) (i32.const 1)))
        (br_if $digit (local.tee $pages (i32.div_u (local.get $pages) (i32.const 10)))))
      (call $print-to-terminal (i32.const 0) (i32.const ${BODY}) (i32.const ${FULL.length}))
      (loop $again
        ${FREE_ALL}
        (call $receive (i32.const ${EVENT}))
        (br_if $again (i32.or ${FAILED} ${IS_RESPONSE}))
        ${respond(`(i32.const ${BODY})`, `(i32.const ${FULL.length})`)}
        ${once ? '' : '(br $again)'}))`,
  )

/** Returns at once, and has that much memory from the beginning. */
export const beginningWith = (pages: number): Promise<Uint8Array> => component([], init(''), pages)

/** Prints for ever. */
export const printing = (): Promise<Uint8Array> =>
  component(
    ['print-to-terminal'],
    init(`(loop $again (call $print-to-terminal (i32.const 0) (i32.const ${BODY}) (i32.const 1024)) (br $again))`),
  )

/** Sends requests of `sizeBytes` to `target` for ever, and takes none. */
export const flooding = (target: string, sizeBytes = 1_024): Promise<Uint8Array> =>
  component(
    ['send-request'],
    `${requestTo(target)} ${init(`
      (drop (memory.grow (i32.const ${Math.ceil(sizeBytes / 65_536)})))
      ${setBody(`(i32.const ${BODY})`, `(i32.const ${sizeBytes})`)}
      (loop $again (call $send-request (i32.const ${REQUEST})) (br $again))`)}`,
  )

/** Takes every message and does nothing about it. */
export const sinking = (): Promise<Uint8Array> =>
  component(['receive'], init(`(loop $again ${FREE_ALL} (call $receive (i32.const ${EVENT})) (br $again))`))

/** Reads its state for ever. */
export const rereading = (): Promise<Uint8Array> =>
  component(['get-state'], init(`(loop $again ${FREE_ALL} (call $get-state (i32.const ${EVENT})) (br $again))`))

/** At each request with a body, sets its state to `sizeBytes` of its memory; at each without, reads it. Then it responds. */
export const keeping = (sizeBytes: number): Promise<Uint8Array> =>
  component(
    ['receive', 'send-response', 'get-state', 'set-state'],
    init(`
      (drop (memory.grow (i32.const ${Math.ceil(sizeBytes / 65_536)})))
      (loop $again
        ${FREE_ALL}
        (call $receive (i32.const ${EVENT}))
        (br_if $again (i32.or ${FAILED} ${IS_RESPONSE}))
        (if ${REQUEST_BODY.length}
          (then (call $set-state (i32.const ${BODY}) (i32.const ${sizeBytes})))
          (else (call $get-state (i32.const ${EVENT}))))
        ${respond('(i32.const 0)', '(i32.const 0)')}
        (br $again))`),
  )

/** Sends the body of every request to vfs, and answers with what vfs says. */
export const filing = (): Promise<Uint8Array> =>
  component(
    ['receive', 'send-response', 'send-and-await-response'],
    `${requestTo('vfs', 'distro', 'sys')}
    ${init(`
      ${EXPECT_RESPONSE}
      (loop $again
        ${FREE_ALL}
        (call $receive (i32.const ${EVENT}))
        (br_if $again (i32.or ${FAILED} ${IS_RESPONSE}))
        ${setBody(REQUEST_BODY.at, REQUEST_BODY.length)}
        (call $send-and-await-response (i32.const ${REQUEST}) (i32.const ${EVENT}))
        (if ${FAILED} (then unreachable))
        ${respond(`(i32.load (i32.const ${EVENT + 52}))`, RESPONSE_LENGTH)}
        (br $again))`)}`,
  )

/** Answers every request with its own body. */
export const echoing = (): Promise<Uint8Array> =>
  component(
    ['receive', 'send-response'],
    init(`
      (loop $again
        ${FREE_ALL}
        (call $receive (i32.const ${EVENT}))
        (br_if $again (i32.or ${FAILED} ${IS_RESPONSE}))
        ${respond(REQUEST_BODY.at, REQUEST_BODY.length)}
        (br $again))`),
  )

/**
 * For each request, sends its body to `target` and awaits the answer, as many times as the first four bytes of the body say,
 * and then responds. Traps when an answer is an error or has another length.
 */
export const asking = (target: string): Promise<Uint8Array> =>
  component(
    ['receive', 'send-response', 'send-and-await-response'],
    `${requestTo(target)}
    (func (export "init") (param i32 i32) (local $left i32) (local $body i32) (local $length i32) (local $free i32)
      ${EXPECT_RESPONSE}
      (loop $again
        ${FREE_ALL}
        (call $receive (i32.const ${EVENT}))
        (br_if $again (i32.or ${FAILED} ${IS_RESPONSE}))
        (local.set $body ${REQUEST_BODY.at})
        (local.set $length ${REQUEST_BODY.length})
        (local.set $left (i32.load (local.get $body)))
        (local.set $free (global.get $top))
        ${setBody('(local.get $body)', '(local.get $length)')}
        (loop $ask
          (global.set $top (local.get $free))
          (call $send-and-await-response (i32.const ${REQUEST}) (i32.const ${EVENT}))
          (if (i32.or ${FAILED} (i32.ne ${RESPONSE_LENGTH} (local.get $length))) (then unreachable))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br_if $ask (local.get $left)))
        ${respond(`(i32.const ${BODY})`, '(i32.const 0)')}
        (br $again)))`,
  )
