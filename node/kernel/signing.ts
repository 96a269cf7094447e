import { type Capability, capabilityBytes, formatPackageId, type SignedCapability } from '@hyperware/protocol'
import type { Kernel } from './kernel.ts'
import { ISSUED_KEPT_MAX, SIGNATURES_MAX } from './limits.ts'
import type { Process } from './process.ts'

/**
 * What a signature costs: Ed25519 takes some 0.1 ms of the node's only thread, a message may carry 1,024 capabilities,
 * and whoever issues one chooses its text. So each signature is made when a message takes it abroad, once, and kept with
 * what is held or was issued lately; and the processes of one package may need only so many new ones in a while.
 */

/** Signatures that a package may have made at `atMs`; afterwards it may have more, up to the most. */
export type SigningAllowance = { left: number; atMs: number }

/**
 * Signs with the node's key, whoever issued it. Only for what the kernel itself grants, and what its issuer sends.
 * Nobody here looks at our own signatures, so one is made only when it is read.
 */
export function signCapability(kernel: Kernel, capability: Capability): SignedCapability {
  let made: Uint8Array | undefined
  const signed: SignedCapability = {
    capability,
    get signature() {
      made ??= kernel.sign(capabilityBytes(capability))
      return made
    },
  }
  kernel.unsigned.add(signed)
  return signed
}

/** What a process issues and does not hold. The latest are kept, by their params: its address is always the same. */
export function issueCapability(kernel: Kernel, issuer: Process, capability: Capability): SignedCapability {
  const { params } = capability
  const known = issuer.issued.get(params)
  if (known !== undefined) issuer.issued.delete(params)
  const signed = known ?? signCapability(kernel, capability)
  issuer.issued.set(params, signed)
  if (known !== undefined) return known
  issuer.issuedLength += params.length
  for (const oldest of issuer.issued.keys()) {
    if (issuer.issued.size <= ISSUED_KEPT_MAX.capabilities && issuer.issuedLength <= ISSUED_KEPT_MAX.characters) break
    issuer.issued.delete(oldest)
    issuer.issuedLength -= oldest.length
  }
  return signed
}

/** Whether a message of `sender` may go abroad with these, which then counts against what its package may have signed. */
export function maySign(kernel: Kernel, sender: Process, capabilities: readonly SignedCapability[]): boolean {
  const unsigned = capabilities.filter((signed) => kernel.unsigned.has(signed))
  if (unsigned.length === 0) return true
  const key = formatPackageId(sender.id)
  const left = leftNow(kernel, kernel.signing.get(key))
  if (left < unsigned.length) return false
  kernel.signing.set(key, { left: left - unsigned.length, atMs: kernel.nowMs })
  for (const signed of unsigned) kernel.unsigned.delete(signed)
  return true
}

/** Forgets who may have as many signatures as anybody. */
export function forgetFullAllowances(kernel: Kernel): void {
  for (const [key, allowance] of kernel.signing) {
    if (leftNow(kernel, allowance) >= SIGNATURES_MAX.atOnce) kernel.signing.delete(key)
  }
}

function leftNow({ nowMs }: Kernel, allowance: SigningAllowance | undefined): number {
  if (allowance === undefined) return SIGNATURES_MAX.atOnce
  const regained = ((nowMs - allowance.atMs) / 1_000) * SIGNATURES_MAX.perSecond
  return Math.min(SIGNATURES_MAX.atOnce, allowance.left + regained)
}
