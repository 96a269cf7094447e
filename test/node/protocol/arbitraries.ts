import * as fc from 'fast-check'
import type {
  HnsUpdate,
  KernelMessage,
  Name,
  NetAction,
  NetResponse,
  NodeIdentity,
  NodePorts,
  ProcessAddress,
} from '@hyperware/protocol'
import { bytesToHex, parseName } from '@hyperware/protocol'

/** Values of every wire type, for tests that must hold for all of them. */

const part = fc.stringMatching(/^[a-z0-9-]{1,20}$/)
const name: fc.Arbitrary<Name> = fc.array(part, { maxLength: 4 }).map((labels) => parseName(labels.join('.')))
const text = fc.string({ unit: 'grapheme', maxLength: 300 })
const bytes = fc.uint8Array({ maxLength: 400 })
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })

const address: fc.Arbitrary<ProcessAddress> = fc.record({
  node: part,
  process: fc.record({ process: part, package: part, publisher: part }),
})

function optional<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined })
}

const capabilities = fc.array(
  fc.record({ capability: fc.record({ issuer: address, params: text }), signature: bytes }),
  { maxLength: 4 },
)
const common = {
  inherit: fc.boolean(),
  body: bytes,
  metadata: optional(text),
  capabilities,
}

export const kernelMessages: fc.Arbitrary<KernelMessage> = fc.record({
  id: u64,
  source: address,
  target: address,
  rsvp: optional(address),
  message: fc.oneof(
    fc.record({ kind: fc.constant('request' as const), expectsResponse: optional(u64), ...common }),
    fc.record({ kind: fc.constant('response' as const), context: optional(bytes), ...common }),
  ),
  blob: optional(fc.record({ mime: optional(text), bytes })),
})

const netKey = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex)
const port = fc.integer({ min: 1, max: 0xffff })
const ports: fc.Arbitrary<NodePorts> = fc.record({ tcp: port, ws: port, udp: port, wt: port }, { requiredKeys: [] })
const routers = fc.array(name, { maxLength: 5 })

const identity: fc.Arbitrary<NodeIdentity> = fc.record({
  name,
  netKey,
  routing: fc.oneof(
    fc.record({ kind: fc.constant('direct' as const), ip: fc.ipV4(), ports }),
    fc.record({ kind: fc.constant('indirect' as const), routers }),
  ),
})

const update: fc.Arbitrary<HnsUpdate> = fc.record({
  name,
  publicKey: netKey,
  ips: fc.array(fc.ipV4(), { maxLength: 3 }),
  ports,
  routers,
})

export const netActions: fc.Arbitrary<NetAction> = fc.oneof(
  fc.record({ kind: fc.constantFrom('ConnectionRequest' as const, 'GetPeer' as const), name: text }),
  fc.record({ kind: fc.constant('HnsUpdate' as const), update }),
  fc.record({ kind: fc.constant('HnsBatchUpdate' as const), updates: fc.array(update, { maxLength: 20 }) }),
  fc.record({ kind: fc.constantFrom('GetPeers' as const, 'GetDiagnostics' as const, 'Sign' as const) }),
  fc.record({ kind: fc.constant('Verify' as const), from: address, signature: bytes }),
)

export const netResponses: fc.Arbitrary<NetResponse> = fc.oneof(
  fc.record({ kind: fc.constantFrom('Accepted' as const, 'Rejected' as const), name: text }),
  fc.record({ kind: fc.constant('Peers' as const), peers: fc.array(identity, { maxLength: 20 }) }),
  fc.record({ kind: fc.constant('Peer' as const), peer: optional(identity) }),
  fc.record({ kind: fc.constant('Diagnostics' as const), text }),
  fc.record({ kind: fc.constant('Signed' as const) }),
  fc.record({ kind: fc.constant('Verified' as const), valid: fc.boolean() }),
)
