import {
  HostTrap,
  type Answer,
  bool,
  borrow,
  bytes,
  hostFunction,
  list,
  own,
  result,
  type Result,
  type Shape,
  u32,
  u64,
  variant,
} from '../component/shape.ts'
import type { WasiHost, WasiInterface } from './host.ts'

/** Something to wait for: a moment on the monotonic clock, in nanoseconds. Whatever is always ready has 0. */
export type Pollable = { readonly readyAtNs: bigint }

/** Standard input, always at its end. */
export type InputStream = { readonly kind: 'closed' }

/** Standard output, which nobody reads, or standard error. */
export type OutputStream = { readonly kind: 'discard' | 'stderr' }

export const pollable: Shape<Pollable> = own('pollable')
export const inputStream: Shape<InputStream> = own('input-stream')
export const outputStream: Shape<OutputStream> = own('output-stream')

const READY: Pollable = { readyAtNs: 0n }

/** No stream here fails, so no guest ever holds an `error`. */
export const ERROR: WasiInterface = { functions: {}, absent: ['error'] }

const self = { self: borrow<Pollable>('pollable') }

export const POLL: WasiInterface = {
  functions: {
    '[method]pollable.ready': hostFunction(self, bool, (host: WasiHost, { self }) => isReady(host, self)),
    '[method]pollable.block': hostFunction(self, undefined, (host: WasiHost, { self }) => waitFor(host, [self]), {
      blocks: true,
    }),
    poll: hostFunction(
      { in: list(borrow<Pollable>('pollable')) },
      list(u32),
      (host: WasiHost, { in: pollables }) => {
        const waited = waitFor(host, pollables)
        return waited instanceof Promise
          ? waited.then(() => readyIndices(host, pollables))
          : readyIndices(host, pollables)
      },
      { blocks: true },
    ),
  },
}

function isReady(host: WasiHost, { readyAtNs }: Pollable): boolean {
  return readyAtNs === 0n || readyAtNs <= host.monotonicNs()
}

function readyIndices(host: WasiHost, pollables: readonly Pollable[]): number[] {
  return [...pollables.keys()].filter((at) => isReady(host, pollables[at] ?? READY))
}

/** Timers take no more than this at once; longer waits take several. */
const SLEEP_MAX_MS = 3_600_000

/** Waits for the first of them. */
function waitFor(host: WasiHost, pollables: readonly Pollable[]): Answer<void> {
  if (pollables.some((pollable) => isReady(host, pollable))) return undefined
  let firstNs = pollables[0]?.readyAtNs
  if (firstNs === undefined) throw new HostTrap('the guest polls an empty list, which would never be ready')
  for (const { readyAtNs } of pollables) if (readyAtNs < firstNs) firstNs = readyAtNs
  const leftMs = Number((firstNs - host.monotonicNs()) / 1_000_000n) + 1
  const slept = host.sleep(Math.min(leftMs, SLEEP_MAX_MS))
  return slept instanceof Promise ? slept.then(() => waitFor(host, pollables)) : waitFor(host, pollables)
}

const streamError = variant({ 'last-operation-failed': own<object>('error'), closed: undefined })
const CLOSED = { error: { kind: 'closed' } } as const
const DONE = { ok: undefined } as const

const input = borrow<InputStream>('input-stream')
const output = borrow<OutputStream>('output-stream')
const read = hostFunction({ self: input, len: u64 }, result(bytes, streamError), () => CLOSED)
const skip = hostFunction({ self: input, len: u64 }, result(u64, streamError), () => CLOSED)
const write = hostFunction(
  { self: output, contents: bytes },
  result(undefined, streamError),
  (host: WasiHost, { self, contents }): Result<undefined, never> => {
    if (self.kind === 'stderr') host.stderr(contents)
    return DONE
  },
)
const flush = hostFunction({ self: output }, result(undefined, streamError), () => DONE)
const writeZeroes = hostFunction({ self: output, len: u64 }, result(undefined, streamError), () => DONE)
const splice = hostFunction({ self: output, src: input, len: u64 }, result(u64, streamError), () => CLOSED)

/** Bytes that a stream takes at once. */
const WRITE_AT_ONCE = 65_536n

export const STREAMS: WasiInterface = {
  functions: {
    '[method]input-stream.read': read,
    '[method]input-stream.blocking-read': read,
    '[method]input-stream.skip': skip,
    '[method]input-stream.blocking-skip': skip,
    '[method]input-stream.subscribe': hostFunction({ self: input }, pollable, () => READY),
    '[method]output-stream.check-write': hostFunction({ self: output }, result(u64, streamError), () => ({
      ok: WRITE_AT_ONCE,
    })),
    '[method]output-stream.write': write,
    '[method]output-stream.blocking-write-and-flush': write,
    '[method]output-stream.flush': flush,
    '[method]output-stream.blocking-flush': flush,
    '[method]output-stream.subscribe': hostFunction({ self: output }, pollable, () => READY),
    '[method]output-stream.write-zeroes': writeZeroes,
    '[method]output-stream.blocking-write-zeroes-and-flush': writeZeroes,
    '[method]output-stream.splice': splice,
    '[method]output-stream.blocking-splice': splice,
  },
}
