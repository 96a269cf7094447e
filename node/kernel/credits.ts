import { type KernelMessage, OUR } from '@hyperware/protocol'
import { complain, emit, type Kernel } from './kernel.ts'
import type { Mail } from './inbox.ts'
import { STUCK_MS } from './limits.ts'
import type { Instance, Process } from './process.ts'
import { addTo, fitsBytes, fitsMessages, takeFrom } from './shares.ts'

/**
 * Back-pressure. A guest pays for each message and waits when its credits run out; it gets them back when the target
 * has taken the message or when it went nowhere. So what waits anywhere is bounded by what its senders may owe.
 *
 * A guest that gets nothing back for `STUCK_MS`, because a target never receives or because guests wait for each other
 * in a circle, is lent the credits of everything it has on the way. Nothing is taken out of an inbox; but a target where
 * a package has its share of what may wait (`PAID_MAX`) takes no more of that package, however many processes it has and
 * has had: such a message fails at once with a timeout, and a print at level 0 names the target. So every guest goes on,
 * and none loses a message in silence.
 */

/** Who pays for a message, and how much. */
export type Payer = { readonly instance: Instance; readonly bytes: number }

/** A guest sent something. */
export function charge(kernel: Kernel, instance: Instance, bytes: number): Payer {
  if (instance.owed.messages === 0) instance.creditedMs = kernel.nowMs
  instance.owed.messages += 1
  instance.owed.bytes += bytes
  return { instance, bytes }
}

/** The message went nowhere, or out of the kernel's hands. */
export function refund(kernel: Kernel, payer: Payer | undefined): void {
  if (payer !== undefined) giveBack(kernel, payer.instance, payer.bytes)
}

function giveBack(kernel: Kernel, sender: Instance, bytes: number): void {
  if (sender.ended) return
  sender.owed.messages -= 1
  sender.owed.bytes -= bytes
  sender.creditedMs = kernel.nowMs
  emit(kernel, { kind: 'credit', instance: sender, messages: 1, bytes })
}

/**
 * Whether a target has so much of this sender's package that it must take some first. Says so once. Each message was
 * paid for, so how long it is does not matter. One request that a guest awaits may be there beyond, so that a target
 * which is only slow can still be asked; the next ones are refused too. Of responses that the target waits for there may
 * be as many as it asked for.
 */
export function isRefusing(
  kernel: Kernel,
  payer: Payer | undefined,
  target: Process,
  { isAwaited = false }: { isAwaited?: boolean } = {},
): boolean {
  if (payer === undefined) return false
  const sender = payer.instance
  const { paid } = target
  const name = shareName(target, sender)
  const share = paid.shares.get(name)
  if ((isAwaited || fitsMessages(paid, share)) && fitsBytes(paid, share, 0)) return false
  if (sender.waiting !== undefined && share?.over !== true) {
    if (share === undefined) paid.shares.set(name, { messages: 0, bytes: 0, over: true })
    else share.over = true
    return false
  }
  if (!paid.refusing) {
    paid.refusing = true
    const amount = `${share?.messages ?? 0} messages (${share?.bytes ?? 0} bytes) of ${name} wait`
    complain(
      kernel,
      `mail of ${target.key}`,
      `${target.key} does not take its messages: ${amount}, ${paid.messages} in all, more are refused`,
    )
  }
  return true
}

/** Mail begins to wait at `target`. */
export function enter(target: Process, mail: Mail): void {
  if (mail.sender !== undefined) addTo(target.paid, shareName(target, mail.sender), mail.bytes)
  else addTo(target.unpaid, otherNode(target, mail.message), mail.bytes)
}

/** Mail was taken, or thrown away with its target. */
export function leave(kernel: Kernel, target: Process, mail: Mail): void {
  if (mail.sender === undefined) return takeFrom(target.unpaid, otherNode(target, mail.message), mail.bytes)
  takeFrom(target.paid, shareName(target, mail.sender), mail.bytes)
  if (!mail.lent) giveBack(kernel, mail.sender, mail.bytes)
}

/** Whose share of the mail at `target` this sender's is: its package's; what a process has of itself is apart. */
function shareName(target: Process, { process }: Instance): string {
  return process === target ? process.key : process.packageKey
}

/** The node that a message for `target` came from, if it was another; word of our own messages did not. */
export function otherNode(target: Process, { source }: KernelMessage): string | undefined {
  return source.node === target.address.node || source.node === OUR ? undefined : source.node
}

/** Lends to guests that have waited for too long what they have on the way. */
export function lendToStuck(kernel: Kernel): void {
  const stuck = new Set<Instance>()
  for (const { phase } of kernel.processes.values()) {
    if (phase.kind !== 'running') continue
    const { instance } = phase
    if (instance.owed.messages > 0 && kernel.nowMs - instance.creditedMs >= STUCK_MS) stuck.add(instance)
  }
  if (stuck.size === 0) return
  for (const { phase, inbox } of kernel.processes.values()) {
    for (const mail of phase.kind === 'module' ? phase.handed : inbox) {
      if (mail.sender === undefined || mail.lent || !stuck.has(mail.sender)) continue
      mail.lent = true
      giveBack(kernel, mail.sender, mail.bytes)
    }
  }
}
