import {
  type Capability,
  canonicalJson,
  equalProcessIds,
  formatAddress,
  formatProcessId,
  KERNEL_PROCESS,
  MESSAGING_PARAMS,
  NETWORK_PARAMS,
  type ProcessAddress,
  type ProcessId,
} from '@hyperware/protocol'

/** With anything else before it, JSON does not begin; to find that out by reading takes 5 µs. */
const BEGINS_AS_JSON = /^[ \t\n\r]*["{[\-0-9tfn]/

/**
 * Two capabilities are the same when these are: white space and the order of fields in params mean nothing (kernel.md
 * section 9.1). The text as its issuer wrote it is kept beside, since the signature is over that.
 */
export function capabilityKey({ issuer, params }: Capability): string {
  const plain = params === MESSAGING_PARAMS || params === NETWORK_PARAMS || !BEGINS_AS_JSON.test(params)
  return `${formatAddress(issuer)}\n${plain ? params : canonicalJson(params)}`
}

export function networkCapability(ourName: string): Capability {
  return { issuer: { node: ourName, process: KERNEL_PROCESS }, params: NETWORK_PARAMS }
}

export function messagingCapability(issuer: ProcessAddress): Capability {
  return { issuer, params: MESSAGING_PARAMS }
}

export function vfsCapability(ourName: string, kind: 'read' | 'write', drive: string): Capability {
  const issuer = { node: ourName, process: { process: 'vfs', package: 'distro', publisher: 'sys' } }
  return { issuer, params: JSON.stringify({ kind, drive }) }
}

/** Whether `process` of the node `ourName` is the one whose word this capability is. */
export function isIssuedBy({ issuer }: Capability, ourName: string, process: ProcessId): boolean {
  return issuer.node === ourName && equalProcessIds(issuer.process, process)
}

/** For people: who issued it, and its params cut short. */
export function describeCapability({ issuer, params }: Capability): string {
  const short = params.length > 80 ? `${params.slice(0, 80)}…` : params
  return `${issuer.node}@${formatProcessId(issuer.process)} ${short}`
}
