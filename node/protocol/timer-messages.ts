import { enumeration, type JsonCodec, u64, unit, variant } from './json-codecs.ts'
import type { ProcessId } from './processes.ts'

/** The process that answers later. It is public: any local process may ask it. */
export const TIMER_PROCESS: ProcessId = { process: 'timer', package: 'distro', publisher: 'sys' }

/** What the timer is asked (modules.md section 6). The answer to SetTimer has an empty body. */
export type TimerRequest = { readonly kind: 'SetTimer'; readonly durationMs: bigint } | { readonly kind: 'Debug' }

export const timerRequestJson: JsonCodec<TimerRequest> = enumeration<TimerRequest>([
  variant<TimerRequest, 'SetTimer', bigint>(
    'SetTimer',
    u64,
    ({ durationMs }) => durationMs,
    (durationMs) => ({ kind: 'SetTimer', durationMs }),
  ),
  unit<TimerRequest>({ kind: 'Debug' }),
])
