import {
  bool,
  byteArray,
  enumeration,
  type JsonCodec,
  list,
  mapped,
  option,
  struct,
  text,
  tuple,
  u64,
  unit,
  variant,
} from './json-codecs.ts'
import { decoded } from './errors.ts'
import { address, blob, looseCapability } from './json-parts.ts'
import type { Blob, Capability } from './messages.ts'
import type { ProcessAddress } from './processes.ts'

/** A request that is sent for a process when it ends. */
export type OnExitRequest = {
  readonly target: ProcessAddress
  readonly inherit: boolean
  /** Seconds. Nobody is left to hear the response, so the kernel sends it as if this were undefined. */
  readonly expectsResponse: bigint | undefined
  readonly body: Uint8Array
  readonly metadata: string | undefined
  readonly capabilities: readonly Capability[]
  readonly blob: Blob | undefined
}

/** What becomes of a process that ends (kernel.md section 7). */
export type OnExit =
  | { readonly kind: 'none' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'requests'; readonly requests: readonly OnExitRequest[] }

type Request = Omit<OnExitRequest, 'target' | 'blob'>

const request = struct<Request>({
  inherit: ['inherit', bool],
  expectsResponse: ['expects_response', option(u64)],
  body: ['body', byteArray],
  metadata: ['metadata', option(text)],
  capabilities: ['capabilities', list(looseCapability)],
})

const onExitRequest: JsonCodec<OnExitRequest> = mapped(
  tuple<readonly [ProcessAddress, Request, Blob | undefined]>(address, request, option(blob)),
  (value: OnExitRequest): readonly [ProcessAddress, Request, Blob | undefined] => [value.target, value, value.blob],
  ([target, sent, attached]) => decoded({ target, ...sent, blob: attached }),
)

/** `"None"`, `"Restart"`, or `{"Requests":[[address, request, blob or null], …]}`. */
export const onExitJson: JsonCodec<OnExit> = enumeration<OnExit>([
  unit<OnExit>({ kind: 'none' }, 'None'),
  unit<OnExit>({ kind: 'restart' }, 'Restart'),
  variant<OnExit, 'requests', readonly OnExitRequest[]>(
    'requests',
    list(onExitRequest),
    (value) => value.requests,
    (requests) => ({ kind: 'requests', requests }),
    'Requests',
  ),
])
