import { HostTrap, bytes, hostFunction, record, tuple, u32, u64 } from '../component/shape.ts'
import type { WasiHost, WasiInterface } from './host.ts'
import { type Pollable, pollable } from './io.ts'

const NS_PER_MS = 1_000_000

const datetime = record({ seconds: u64, nanoseconds: u32 })

export const WALL_CLOCK: WasiInterface = {
  functions: {
    now: hostFunction({}, datetime, (host: WasiHost) => {
      const ms = host.wallClockMs()
      return { seconds: BigInt(Math.floor(ms / 1_000)), nanoseconds: Math.floor(ms % 1_000) * NS_PER_MS }
    }),
    resolution: hostFunction({}, datetime, () => ({ seconds: 0n, nanoseconds: NS_PER_MS })),
  },
}

export const MONOTONIC_CLOCK: WasiInterface = {
  functions: {
    now: hostFunction({}, u64, (host: WasiHost) => host.monotonicNs()),
    resolution: hostFunction({}, u64, () => 1n),
    'subscribe-instant': hostFunction({ when: u64 }, pollable, (_host, { when }): Pollable => ({ readyAtNs: when })),
    'subscribe-duration': hostFunction({ when: u64 }, pollable, (host: WasiHost, { when }): Pollable => ({
      readyAtNs: host.monotonicNs() + when,
    })),
  },
}

/** What one call may ask for. */
const RANDOM_MAX_BYTES = 1_048_576n

const randomBytes = hostFunction({ len: u64 }, bytes, (host: WasiHost, { len }) => {
  if (len > RANDOM_MAX_BYTES) {
    throw new HostTrap(`the guest asked for ${len} random bytes at once, expected at most ${RANDOM_MAX_BYTES}`)
  }
  return host.randomBytes(Number(len))
})
const randomU64 = hostFunction({}, u64, randomInteger)

function randomInteger(host: WasiHost): bigint {
  return new DataView(host.randomBytes(8).buffer).getBigUint64(0)
}

export const RANDOM: WasiInterface = { functions: { 'get-random-bytes': randomBytes, 'get-random-u64': randomU64 } }

export const INSECURE: WasiInterface = {
  functions: { 'get-insecure-random-bytes': randomBytes, 'get-insecure-random-u64': randomU64 },
}

export const INSECURE_SEED: WasiInterface = {
  functions: {
    'insecure-seed': hostFunction(
      {},
      tuple(u64, u64),
      (host: WasiHost) => [randomInteger(host), randomInteger(host)] as const,
    ),
  },
}
