import {
  ADDRESS_MAX_LENGTH,
  type Capability,
  capabilityBytes,
  equalProcessIds,
  formatProcessId,
  type ProcessId,
  type SignedCapability,
} from '@hyperware/protocol'
import { capabilityKey, describeCapability, isIssuedBy } from './capabilities.ts'
import { complain, type Kernel, print } from './kernel.ts'
import { addressLength, type GuestSpawn } from './guest.ts'
import {
  CALL_TEXT_MAX_CHARACTERS,
  CAPABILITIES_MAX,
  CAPABILITIES_MAX_LENGTH,
  DELIVERED_MAX,
  PARAMS_MAX_LENGTH,
  SPAWN_GRANTS_MAX,
} from './limits.ts'
import { forgetCapability, keepCapability } from './persistence.ts'
import { holds, type Process } from './process.ts'
import { issueCapability, signCapability } from './signing.ts'

/** Gives a capability to a process, which keeps the text and signature that it already has. */
export function addCapability(kernel: Kernel, holder: Process, signed: SignedCapability): void {
  const key = capabilityKey(signed.capability)
  if (holder.capabilities.has(key)) return
  const { length } = signed.capability.params
  const all = holder.capabilitiesLength + length
  if (
    holder.capabilities.size >= CAPABILITIES_MAX ||
    length > PARAMS_MAX_LENGTH ||
    addressLength(signed.capability.issuer) > ADDRESS_MAX_LENGTH ||
    all > CAPABILITIES_MAX_LENGTH
  ) {
    const limits = `${CAPABILITIES_MAX} with params of ${PARAMS_MAX_LENGTH} characters, ${CAPABILITIES_MAX_LENGTH} in all`
    const what = describeCapability(signed.capability)
    return complain(kernel, holder.key, `${holder.key} cannot hold ${what}: expected at most ${limits}`)
  }
  holder.capabilities.set(key, signed)
  holder.capabilitiesLength = all
  keepCapability(kernel, holder, key, signed)
}

/**
 * Gives what a child grants as it is spawned. Nobody asks the holders, so each of them takes only so much of what one
 * other package issued: no package can fill a table that others need room in. The kernel, its modules and the installer
 * may give a process more than that (`addCapability`).
 */
export function grantOfSpawn(kernel: Kernel, child: Process, grants: GuestSpawn['grantCapabilities']): void {
  for (const [holder, theirs] of Map.groupBy(grants, ({ to }) => kernel.processes.get(formatProcessId(to)))) {
    if (holder === undefined) continue
    const room = holder.packageKey === child.packageKey ? undefined : roomFor(kernel, holder, child.id)
    for (const [at, { params }] of theirs.entries()) {
      const capability = { issuer: child.address, params }
      if (holds(holder, capability)) continue
      if (room !== undefined) {
        room.capabilities -= 1
        room.characters -= params.length
        if (room.capabilities < 0 || room.characters < 0) {
          const limits = `${SPAWN_GRANTS_MAX.capabilities} with params of ${SPAWN_GRANTS_MAX.characters} characters in all`
          const most = `of one package it takes at most ${limits} from processes that are spawned`
          print(kernel, 1, `${holder.key} does not get the last ${theirs.length - at} grants of ${child.key}: ${most}`)
          break
        }
      }
      addCapability(kernel, holder, signCapability(kernel, capability))
    }
  }
}

/** What a holder still takes of this package. Counted when asked for: spawns are rare, and what is held outlives nodes. */
function roomFor(kernel: Kernel, holder: Process, id: ProcessId) {
  const room: Record<keyof typeof SPAWN_GRANTS_MAX, number> = { ...SPAWN_GRANTS_MAX }
  for (const { capability } of holder.capabilities.values()) {
    const { node, process } = capability.issuer
    if (node !== kernel.ourName || process.package !== id.package || process.publisher !== id.publisher) continue
    room.capabilities -= 1
    room.characters -= capability.params.length
  }
  return room
}

export function dropCapability(kernel: Kernel, holder: Process, capability: Capability): void {
  const key = capabilityKey(capability)
  const held = holder.capabilities.get(key)
  if (held === undefined) return
  holder.capabilities.delete(key)
  holder.capabilitiesLength -= held.capability.params.length
  forgetCapability(kernel, holder, key)
}

/**
 * What of these a process may send: what it holds, as it is stored, and what it issues itself. The rest is left out in
 * silence (kernel.md section 9.3, FilterCaps). A signature of another node is passed on unchanged. What is stored may be
 * much longer than what the guest wrote and paid for: white space means nothing, and once is enough to hold what is then
 * sent a thousand times. So there is a bound for the whole, and a print when something stays behind for it.
 */
export function filterCapabilities(
  kernel: Kernel,
  sender: Process,
  capabilities: readonly Capability[],
): readonly SignedCapability[] {
  if (capabilities.length === 0) return []
  const sent: SignedCapability[] = []
  let characters = 0
  for (const capability of capabilities) {
    const signed = toSend(kernel, sender, capability)
    if (signed === undefined) continue
    characters += signed.capability.params.length
    if (characters > CALL_TEXT_MAX_CHARACTERS) {
      const most = `params of ${CALL_TEXT_MAX_CHARACTERS} characters in all`
      print(kernel, 1, `${sender.key} sends only ${sent.length} of its ${capabilities.length} capabilities: ${most}`)
      break
    }
    sent.push(signed)
  }
  return sent
}

function toSend(kernel: Kernel, sender: Process, capability: Capability): SignedCapability | undefined {
  const held = sender.capabilities.get(capabilityKey(capability))
  if (held !== undefined) return held
  return isIssuedBy(capability, kernel.ourName, sender.id) ? issueCapability(kernel, sender, capability) : undefined
}

/**
 * Leaves out what another node claims we issued and did not: our signature must be right, and the issuer must be there,
 * so that what a process issued does not come back from abroad once it is gone (kernel.md section 5.3). What other
 * nodes issued is passed on unverified; its issuer will know.
 */
export function pruneCapabilities(
  kernel: Kernel,
  fromAbroad: boolean,
  capabilities: readonly SignedCapability[],
): readonly SignedCapability[] {
  if (!fromAbroad || capabilities.length === 0) return capabilities
  return capabilities.filter(({ capability, signature }) => {
    const { issuer } = capability
    if (issuer.node !== kernel.ourName) return true
    return (
      kernel.processes.has(formatProcessId(issuer.process)) && kernel.verify(capabilityBytes(capability), signature)
    )
  })
}

/** Remembers what came with a message, so that the process may save it. What it could not hold is not remembered. */
export function rememberDelivered(holder: Process, capabilities: readonly SignedCapability[]): void {
  for (const signed of capabilities) {
    const { issuer, params } = signed.capability
    if (params.length > PARAMS_MAX_LENGTH || addressLength(issuer) > ADDRESS_MAX_LENGTH) continue
    const key = capabilityKey(signed.capability)
    holder.delivered.delete(key)
    holder.delivered.set(key, signed)
  }
  let characters = 0
  for (const { capability } of holder.delivered.values()) characters += capability.params.length
  for (const [oldest, { capability }] of holder.delivered) {
    if (holder.delivered.size <= DELIVERED_MAX.capabilities && characters <= DELIVERED_MAX.characters) return
    holder.delivered.delete(oldest)
    characters -= capability.params.length
  }
}

/** A process saves what it issued or was sent; it cannot mint what others issue (kernel.md section 9.5). */
export function saveCapabilities(kernel: Kernel, holder: Process, capabilities: readonly Capability[]): void {
  for (const capability of capabilities) {
    const key = capabilityKey(capability)
    if (holder.capabilities.has(key)) continue
    const delivered = holder.delivered.get(key)
    if (delivered !== undefined) addCapability(kernel, holder, delivered)
    else if (isIssuedBy(capability, kernel.ourName, holder.id)) {
      addCapability(kernel, holder, issueCapability(kernel, holder, capability))
    } else {
      const why = 'it neither issued it nor was sent it'
      print(kernel, 1, `${holder.key} may not save the capability ${describeCapability(capability)}: ${why}`)
    }
  }
}

/** Takes what `issuer` issued from every holder, and out of every message that has not been taken yet. */
export function revokeAll(kernel: Kernel, issuer: ProcessId): void {
  const isRevoked = ({ capability }: SignedCapability): boolean => isIssuedBy(capability, kernel.ourName, issuer)
  for (const holder of [...kernel.processes.values(), ...kernel.leftOut.values()]) {
    // What was left out under this name keeps its own rights as long as it is kept.
    if (equalProcessIds(holder.id, issuer)) continue
    for (const held of holder.capabilities.values()) {
      if (isRevoked(held)) dropCapability(kernel, holder, held.capability)
    }
    for (const [key, delivered] of holder.delivered) if (isRevoked(delivered)) holder.delivered.delete(key)
    holder.inbox.rewrite((mail) => {
      const { message } = mail.message
      if (!message.capabilities.some(isRevoked)) return mail
      const kept = message.capabilities.filter((signed) => !isRevoked(signed))
      return { ...mail, message: { ...mail.message, message: { ...message, capabilities: kept } } }
    })
  }
}
