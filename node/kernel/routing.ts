import {
  ADDRESS_MAX_LENGTH,
  formatAddress,
  formatProcessId,
  isHypermapSafeAddress,
  type KernelMessage,
  OUR,
  quote,
} from '@hyperware/protocol'
import { isRefusing, type Payer, refund } from './credits.ts'
import { arrive, arriveError, hasRoom, isAwaitedNow, mailOf } from './delivery.ts'
import type { SendError } from './effects.ts'
import { addressLength } from './guest.ts'
import { complain, emit, type Kernel, KERNEL_KEY, print, resolveOur } from './kernel.ts'
import { SIGNATURES_MAX } from './limits.ts'
import { type Process, takesMessages } from './process.ts'
import { maySign } from './signing.ts'

/**
 * Sends a message of a local process: the checks of kernel.md section 4, in its order.
 *
 * Unlike the reference, runtime modules hear of failures as well as userspace processes, because they make requests of
 * their own; and the kernel keeps the deadline of each request, so a module needs no timers.
 */
export function send(kernel: Kernel, source: Process, sent: KernelMessage, payer?: Payer): void {
  const message = sent.target.node === OUR ? { ...sent, target: resolveOur(kernel.ourName, sent.target) } : sent
  source.counts.sent += 1
  if (kernel.observed) emit(kernel, { kind: 'observe', message })
  if (message.target.node !== kernel.ourName) return sendAbroad(kernel, source, message, payer)
  const target = kernel.processes.get(formatProcessId(message.target.process))
  if (!takesMessages(target)) {
    const reason = `no process ${quote(formatProcessId(message.target.process))} runs here`
    return refuse(kernel, source, { message, reason }, payer)
  }
  if (!source.alwaysHeard && !target.public && !source.capabilities.has(target.messagingKey)) {
    const reason = `${source.key} lacks the capability to message ${target.key}`
    print(kernel, 1, howToGrant(source, target))
    return refuse(kernel, source, { message, reason, subject: source.key }, payer)
  }
  if (target.key === KERNEL_KEY) {
    refund(kernel, payer)
    if (message.message.kind === 'request') kernel.tasks.push({ kind: 'command', source, message })
    return
  }
  put(kernel, { source, target, message }, payer)
}

/** Takes a message of another node, whose name net has authenticated. */
export function receive(kernel: Kernel, received: KernelMessage): void {
  const { source, target } = received
  if (kernel.observed) emit(kernel, { kind: 'observe', message: received })
  if (source.node === kernel.ourName || source.node === OUR) {
    const forged = `dropped a message that came from the network as if it were ours: ${describe(received)}`
    return complain(kernel, 'the network', forged)
  }
  if (!isHypermapSafeAddress(source) || !isHypermapSafeAddress(target)) {
    return print(kernel, 2, `dropped a message with an address outside the alphabet: ${describe(received)}`)
  }
  const message = { ...received, target: resolveOur(kernel.ourName, target) }
  const process = kernel.processes.get(formatProcessId(target.process))
  if (message.target.node !== kernel.ourName || !takesMessages(process) || process === kernel.self) {
    return print(kernel, 2, `dropped a message from the network for nobody here: ${describe(message)}`)
  }
  if (!process.capabilities.has(kernel.networkKey)) {
    const lacking = `${process.key} lacks the capability "network": dropped a message of ${source.node} for it`
    return complain(kernel, `the network to ${process.key}`, lacking)
  }
  if (!hasRoom(process, message)) {
    return complainOfMail(kernel, process, `dropped ${describe(message)}`)
  }
  arrive(kernel, process, mailOf(message, undefined))
}

/** Once until it takes something: whoever floods a process shall not flood the terminal too. */
function complainOfMail(kernel: Kernel, process: Process, consequence: string): void {
  const text = `${process.key} has too much mail waiting: ${consequence}`
  if (process.unpaid.refusing) print(kernel, 2, text)
  else complain(kernel, `mail of ${process.key}`, text)
  process.unpaid.refusing = true
}

/** Net's word that a message did not leave, or was not acknowledged. Only who made a request hears of it. */
export function failSend(kernel: Kernel, { kind, message, reason }: SendError): void {
  const source = kernel.processes.get(formatProcessId(message.source.process))
  if (!takesMessages(source) || message.message.kind !== 'request') return
  arriveError(kernel, source, { kind, message, reason })
}

function sendAbroad(kernel: Kernel, source: Process, message: KernelMessage, payer: Payer | undefined): void {
  if (!source.capabilities.has(kernel.networkKey)) {
    const reason = `${source.key} lacks the capability "network" to message ${quote(message.target.node)}`
    print(kernel, 1, `to let it, set "request_networking" in the manifest entry of ${source.key}`)
    return refuse(kernel, source, { message, reason, subject: source.key }, payer)
  }
  // No node takes it; and what cannot be read at all may cost the link to that node, which is not this process's alone.
  if (!isHypermapSafeAddress(message.target) || addressLength(message.target) > ADDRESS_MAX_LENGTH) {
    const reason = `${quote(formatAddress(message.target))} is no address that another node may have`
    return refuse(kernel, source, { message, reason }, payer)
  }
  if (!maySign(kernel, source, message.message.capabilities)) {
    const { atOnce, perSecond } = SIGNATURES_MAX
    const reason = `${source.key} sends too many new capabilities abroad, expected ${atOnce} and then ${perSecond} a second`
    return refuse(kernel, source, { message, reason, subject: source.key }, payer)
  }
  emit(kernel, { kind: 'transmit', message })
  // Net has bounds of its own, and says so when they are reached.
  refund(kernel, payer)
}

function put(
  kernel: Kernel,
  { source, target, message }: { source: Process; target: Process; message: KernelMessage },
  payer: Payer | undefined,
): void {
  const asked = message.message.kind === 'response' ? target.contexts.get(message.id) : undefined
  const isAwaited = asked?.settled === false
  const hasTooMuch =
    payer === undefined
      ? !hasRoom(target, message)
      : !isAwaitedNow(target, message) && isRefusing(kernel, payer, target, { isAwaited })
  if (!hasTooMuch) return arrive(kernel, target, mailOf(message, payer))
  const reason = `${target.key} has too much mail ${payer === undefined ? '' : `of ${source.packageKey} `}waiting`
  if (payer === undefined) complainOfMail(kernel, target, `refused ${describe(message)}`)
  // Whoever asked hears that the response is lost.
  if (asked !== undefined) arriveError(kernel, target, { message: asked.request, kind: 'timeout', reason })
  refuse(kernel, source, { message, reason }, payer)
}

/**
 * `throw_timeout` of the reference: a request that expects a response fails at once, anything else goes nowhere. With a
 * `subject`, everybody is to see the reason.
 */
function refuse(
  kernel: Kernel,
  source: Process,
  { message, reason, subject }: { message: KernelMessage; reason: string; subject?: string },
  payer: Payer | undefined,
): void {
  if (subject === undefined) print(kernel, 2, reason)
  else complain(kernel, subject, reason)
  const { message: said } = message
  if (said.kind === 'request' && said.expectsResponse !== undefined && source !== kernel.self) {
    arriveError(kernel, source, { message, kind: 'timeout', reason }, payer)
  } else refund(kernel, payer)
}

function howToGrant(source: Process, target: Process): string {
  return (
    `to let ${source.key} message ${target.key}, put "${target.key}" into its request_capabilities, ` +
    `or "${source.key}" into the grant_capabilities of ${target.key}`
  )
}

function describe({ source, target }: KernelMessage): string {
  return `${quote(formatAddress(source))} to ${quote(formatAddress(target))}`
}
