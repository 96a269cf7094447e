import type { Answer, HostFunction } from '../component/shape.ts'

/** What a guest can reach of the machine it runs on: clocks, random bytes, and a place for its last words. */
export type WasiHost = {
  /** Milliseconds since 1970. */
  readonly wallClockMs: () => number
  /** Nanoseconds since some moment that stays the same while the guest runs. */
  readonly monotonicNs: () => bigint
  readonly randomBytes: (length: number) => Uint8Array
  /** Returns, or keeps its promise, that much later. */
  readonly sleep: (durationMs: number) => Answer<void>
  /** Takes what the guest writes to its standard error. */
  readonly stderr: (bytes: Uint8Array) => void
}

export type WasiInterface = {
  readonly functions: Readonly<Record<string, HostFunction<WasiHost>>>
  /** Resources that no guest ever gets a handle to: their methods link, and no call to them is possible. */
  readonly absent?: readonly string[]
}

/** This machine's clocks and random bytes, with the caller's way to wait and its place for standard error. */
export function systemWasi(seams: Pick<WasiHost, 'sleep' | 'stderr'>): WasiHost {
  return {
    wallClockMs: () => Date.now(),
    monotonicNs: () => process.hrtime.bigint(),
    randomBytes,
    ...seams,
  }
}

/** What the platform fills at once. */
const FILL_MAX_BYTES = 65_536

/** Random bytes without `node:crypto`, which would take a megabyte in each process's thread. */
function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += FILL_MAX_BYTES) crypto.getRandomValues(bytes.subarray(at, at + FILL_MAX_BYTES))
  return bytes
}

/** Blocks the thread: the `sleep` of a guest that has one of its own. */
export function sleepThread(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs)
}

const STDERR_KEPT_BYTES = 5_000

/** The last bytes that a guest wrote to its standard error (kernel.md section 14). */
export class StderrTail {
  private kept: Uint8Array = new Uint8Array(0)

  write(bytes: Uint8Array): void {
    const whole = new Uint8Array(this.kept.length + bytes.length)
    whole.set(this.kept)
    whole.set(bytes, this.kept.length)
    this.kept = whole.slice(-STDERR_KEPT_BYTES)
  }

  /** As text; what is not UTF-8, such as a character cut at the front, becomes U+FFFD. */
  text(): string {
    return new TextDecoder().decode(this.kept)
  }
}
