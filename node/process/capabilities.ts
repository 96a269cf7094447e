import { type Capability, formatJson, type JsonValue, MESSAGING_PARAMS, type ProcessAddress } from '@hyperware/protocol'
import * as host from 'hyperware:process/standard@1.0.0'
import { addressOf, our, type Target } from './messages.ts'
import { fromWitCapability, toWitCapability } from './wit.ts'

/** A capability that this process issues: a right, in words of its own. */
export function issue(params: JsonValue): Capability {
  return { issuer: our(), params: formatJson(params) }
}

/** The right to message a process. */
export function messaging(target: Target): Capability {
  const issuer: ProcessAddress = addressOf(target)
  return { issuer, params: MESSAGING_PARAMS }
}

/** What this process holds. */
export function ourCapabilities(): readonly Capability[] {
  return host.ourCapabilities().map(fromWitCapability)
}

/** What this process holds of those that `target` issued: what to attach to a request that needs a right. */
export function capabilitiesFor(target: Target): readonly Capability[] {
  const { node, process } = addressOf(target)
  return ourCapabilities().filter(
    ({ issuer }) =>
      issuer.node === node &&
      issuer.process.process === process.process &&
      issuer.process.package === process.package &&
      issuer.process.publisher === process.publisher,
  )
}

/** Keeps capabilities that came with a message. */
export function saveCapabilities(capabilities: readonly Capability[]): void {
  host.saveCapabilities(capabilities.map(toWitCapability))
}

export function dropCapabilities(capabilities: readonly Capability[]): void {
  host.dropCapabilities(capabilities.map(toWitCapability))
}
