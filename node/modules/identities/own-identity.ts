import {
  applyHnsNote,
  type Decoded,
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
  | { code: 'net-key-malformed'; name: Name; problem: string }
  | { code: 'routing-absent'; name: Name }
  | { code: 'router-unknown'; name: Name; routers: readonly Namehash[] }

/** A node whose key file, name and chain do not agree, and which must therefore not boot. */
export class OwnIdentityError extends HyperwareError<OwnIdentityProblem> {}

/** `problems` names the notes that are malformed and were passed over, in words for the node's owner. */
export type OwnIdentity = { identity: NodeIdentity; problems: readonly string[] }

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
): Promise<OwnIdentity> {
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
): Promise<OwnIdentity> {
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
  const problems: string[] = []
  for (const [index, label] of labels.entries()) {
    const note = readNote(label, notes[index]?.data ?? '0x')
    if (note?.ok === true) record = applyHnsNote(record, note.value)
    else if (note && label === '~net-key') throw netKeyMalformed(name, note.problem)
    else if (note) problems.push(`${label}: ${note.problem}`)
  }
  if (record.netKey === undefined) throw netKeyAbsent(name)
  if (record.netKey.toLowerCase() !== netKey.toLowerCase()) throw netKeyDiffers(name, record.netKey, netKey)

  const ownNames = new Map(input.routers.map((router) => [namehash(router), router]))
  const findRouter = (hash: Namehash): Name | undefined => ownNames.get(hash) ?? deps.findName(hash)
  const identity = deriveNodeIdentity({ findRouter }, { name, record })
  if (!identity) throw routingAbsent(name, problems)
  if (identity.routing.kind === 'indirect' && identity.routing.routers.length === 0) {
    throw routerUnknown(name, record.routers)
  }
  return { identity, problems }
}

/**
 * The chain keeps what each note says, not which was written last, and that decides between direct and indirect. The
 * key file knows which of the two this node is meant to be, so its kind is applied last.
 */
function inReplayOrder(routers: readonly Name[]): readonly string[] {
  const others = HNS_NOTE_LABELS.filter((label) => label !== '~routers')
  return routers.length > 0 ? [...others, '~routers'] : ['~routers', ...others]
}

function readNote(label: string, data: Hex): Decoded<HnsNote> | undefined {
  return data === '0x' ? undefined : decodeHnsNote(label, hexToBytes(data))
}

function netKeyMalformed(name: Name, problem: string): OwnIdentityError {
  return new OwnIdentityError(
    { code: 'net-key-malformed', name, problem },
    `Cannot boot "${name}": its ~net-key note onchain is malformed: ${problem}`,
    { hint: `publish the public key of the key file as ~net-key of "${name}"` },
  )
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

function routingAbsent(name: Name, problems: readonly string[]): OwnIdentityError {
  const why = problems.length === 0 ? '' : ` (malformed: ${problems.join('; ')})`
  return new OwnIdentityError(
    { code: 'routing-absent', name },
    `Cannot boot "${name}": its notes onchain say nowhere to reach it, expected ~ip and a port, or ~routers${why}`,
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
