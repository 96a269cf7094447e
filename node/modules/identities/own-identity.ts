import {
  applyHnsNote,
  decodeHnsNote,
  deriveNodeIdentity,
  EMPTY_HNS_RECORD,
  type Hex,
  hexToBytes,
  HNS_NOTE_LABELS,
  type HnsNote,
  HyperwareError,
  type Name,
  type Namehash,
  namehash,
  type NodeIdentity,
  parseEntryPath,
} from '@hyperware/protocol'
import { fetchChainId, fetchEntry } from './chain-client.ts'
import { type Endpoint, EndpointError } from './endpoint.ts'

export type OwnIdentityProblem =
  | { code: 'chain-mismatch'; found: number; expected: number }
  | { code: 'chain-unreachable'; url: string }
  | { code: 'name-unknown'; name: Name }
  | { code: 'net-key-absent'; name: Name }
  | { code: 'net-key-differs'; name: Name; onchain: Hex; keyFile: Hex }
  | { code: 'note-malformed'; name: Name; label: string; problem: string }
  | { code: 'routing-absent'; name: Name }
  | { code: 'router-unknown'; name: Name; routers: readonly Namehash[] }

/** A node whose key file, name and chain do not agree, and which must therefore not boot. */
export class OwnIdentityError extends HyperwareError<OwnIdentityProblem> {}

const ZERO_ADDRESS = `0x${'00'.repeat(20)}`
const RETRY_MS = 500

/** What is checked against the chain. `routers` come from the key file: empty for a direct node. */
export type OwnIdentityInput = {
  chainId: number
  hypermap: Hex
  name: Name
  netKey: Hex
  routers: readonly Name[]
  /** How long an endpoint that does not answer is asked again, in milliseconds. */
  patienceMs: number
}

/**
 * Reads the node's own notes from the chain and checks that they are those of its key file (modules.md section 15):
 * what the node tells others must be what others read about it. An endpoint that does not answer is asked again for
 * `patienceMs`.
 * @throws OwnIdentityError
 */
export async function fetchOwnIdentity(
  deps: { chain: Endpoint; findName: (hash: Namehash) => Name | undefined; signal?: AbortSignal },
  input: OwnIdentityInput,
): Promise<NodeIdentity> {
  const { chain, signal } = deps
  const giveUpAtMs = performance.now() + input.patienceMs
  for (;;) {
    try {
      return await readOwnIdentity(deps, input)
    } catch (error) {
      if (!(error instanceof EndpointError) || error.code === 'endpoint-answer') throw error
      if (performance.now() >= giveUpAtMs) throw chainUnreachable(chain.url, input.patienceMs, error)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      signal?.throwIfAborted()
    }
  }
}

async function readOwnIdentity(
  deps: { chain: Endpoint; findName: (hash: Namehash) => Name | undefined; signal?: AbortSignal },
  input: OwnIdentityInput,
): Promise<NodeIdentity> {
  const { chain, signal } = deps
  const { hypermap, name, netKey } = input
  const chainId = await fetchChainId(chain, signal)
  if (chainId !== input.chainId) throw chainMismatch(chainId, input.chainId)

  const labels = inReplayOrder(input.routers)
  const paths = labels.map((label) => namehash(parseEntryPath(`${label}.${name}`)))
  const [entry, ...notes] = await Promise.all(
    [namehash(name), ...paths].map((hash) => fetchEntry(chain, { hypermap, namehash: hash }, signal)),
  )
  if (!entry || entry.tba === ZERO_ADDRESS) throw nameUnknown(name)

  let record = EMPTY_HNS_RECORD
  for (const [index, label] of labels.entries()) {
    const note = readNote(name, label, notes[index]?.data ?? '0x')
    if (note) record = applyHnsNote(record, note)
  }
  if (record.netKey === undefined) throw netKeyAbsent(name)
  if (record.netKey.toLowerCase() !== netKey.toLowerCase()) throw netKeyDiffers(name, record.netKey, netKey)

  const ownNames = new Map(input.routers.map((router) => [namehash(router), router]))
  const findRouter = (hash: Namehash): Name | undefined => ownNames.get(hash) ?? deps.findName(hash)
  const identity = deriveNodeIdentity({ findRouter }, { name, record })
  if (!identity) throw routingAbsent(name)
  if (identity.routing.kind === 'indirect' && identity.routing.routers.length === 0) {
    throw routerUnknown(name, record.routers)
  }
  return identity
}

/**
 * The chain keeps what each note says, not which was written last, and that decides between direct and indirect. The
 * key file knows which of the two this node is meant to be, so its kind is applied last.
 */
function inReplayOrder(routers: readonly Name[]): readonly string[] {
  const others = HNS_NOTE_LABELS.filter((label) => label !== '~routers')
  return routers.length > 0 ? [...others, '~routers'] : ['~routers', ...others]
}

function readNote(name: Name, label: string, data: Hex): HnsNote | undefined {
  if (data === '0x') return undefined
  const note = decodeHnsNote(label, hexToBytes(data))
  if (note?.ok === false) {
    throw new OwnIdentityError(
      { code: 'note-malformed', name, label, problem: note.problem },
      `Cannot boot "${name}": its ${label} note onchain is malformed: ${note.problem}`,
      { hint: `write ${label} of "${name}" again` },
    )
  }
  return note?.value
}

function chainMismatch(found: number, expected: number): OwnIdentityError {
  return new OwnIdentityError(
    { code: 'chain-mismatch', found, expected },
    `Cannot boot: the chain endpoint serves chain ${found}, expected chain ${expected}`,
    { hint: 'point --rpc at the chain of the deployment, or set --chain-id' },
  )
}

function chainUnreachable(url: string, patienceMs: number, cause: EndpointError): OwnIdentityError {
  return new OwnIdentityError(
    { code: 'chain-unreachable', url },
    `Cannot boot: the chain endpoint "${url}" did not answer for ${patienceMs / 1_000} s`,
    {
      hint: 'a node checks its ~net-key against the chain before it starts: check that the chain runs, and --rpc',
      cause,
    },
  )
}

function nameUnknown(name: Name): OwnIdentityError {
  return new OwnIdentityError({ code: 'name-unknown', name }, `Cannot boot "${name}": there is no such name onchain`, {
    hint: 'mint the name first, and publish its notes',
  })
}

function netKeyAbsent(name: Name): OwnIdentityError {
  return new OwnIdentityError(
    { code: 'net-key-absent', name },
    `Cannot boot "${name}": the name has no ~net-key note onchain`,
    { hint: `publish the public key of the key file as ~net-key of "${name}"` },
  )
}

function netKeyDiffers(name: Name, onchain: Hex, keyFile: Hex): OwnIdentityError {
  return new OwnIdentityError(
    { code: 'net-key-differs', name, onchain, keyFile },
    `Cannot boot "${name}": its ~net-key onchain is ${onchain}, but the key file holds ${keyFile}`,
    { hint: 'use the key file of the published key, or publish the public key of this one as ~net-key' },
  )
}

function routingAbsent(name: Name): OwnIdentityError {
  return new OwnIdentityError(
    { code: 'routing-absent', name },
    `Cannot boot "${name}": its notes onchain say nowhere to reach it, expected ~ip and a port, or ~routers`,
    { hint: 'publish ~ip and ~tcp-port for a direct node, or ~routers for an indirect one' },
  )
}

function routerUnknown(name: Name, routers: readonly Namehash[]): OwnIdentityError {
  return new OwnIdentityError(
    { code: 'router-unknown', name, routers },
    `Cannot boot "${name}": none of its routers onchain is a known node: ${routers.join(', ')}`,
    { hint: 'check ~routers, and that the index has caught up' },
  )
}
