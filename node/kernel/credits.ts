import { type KernelMessage, OUR } from '@hyperware/protocol'
import { complain, emit, type Kernel } from './kernel.ts'
import { GUEST_CREDITS } from './guest.ts'
import type { Mail } from './inbox.ts'
import { STUCK_MS } from './limits.ts'
import type { Instance, Load, Process } from './process.ts'

/**
 * Back-pressure. A guest pays for each message and waits when its credits run out; it gets them back when the target
 * has taken the message or when it went nowhere. So what waits anywhere is bounded by what its senders may owe.
 *
 * A guest that gets nothing back for `STUCK_MS`, because a target never receives or because guests wait for each other
 * in a circle, is lent the credits of everything it has on the way. Nothing is taken out of an inbox; but a target in
 * whose inbox so much of one sender waits as its credits would allow takes no more of it: such a message fails at once
 * with a timeout, and a print at level 0 names the target. So every guest goes on, and none loses a message in silence.
 */

/** Who pays for a message, and how much: the bytes as the guest wrote them, without what was inherited. */
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
 * Whether a target has so much of this sender that it must take some first. Says so once. One request that the sender
 * awaits may be there beyond, so that a target which is only slow can still be asked; the next ones are refused too.
 */
export function isRefusing(kernel: Kernel, payer: Payer | undefined, target: Process): boolean {
  const sender = payer?.instance
  const waiting = sender?.underway.get(target)
  if (sender === undefined || waiting === undefined || !isFull(waiting)) return false
  if (sender.waiting !== undefined && !waiting.over) {
    waiting.over = true
    return false
  }
  if (!waiting.refusing) {
    waiting.refusing = true
    const amount = `${waiting.messages} messages (${waiting.bytes} bytes)`
    complain(
      kernel,
      `mail of ${target.key}`,
      `${target.key} does not take its messages: ${amount} of ${sender.process.key} wait, more are refused`,
    )
  }
  return true
}

function isFull({ messages, bytes }: Load): boolean {
  return messages >= GUEST_CREDITS.messages || bytes >= GUEST_CREDITS.bytes
}

/** Mail begins to wait at `target`. */
export function enter(target: Process, mail: Mail): void {
  if (mail.sender === undefined) {
    target.unpaid.messages += 1
    target.unpaid.bytes += mail.bytes
    return countNode(target, mail, 1)
  }
  const waiting = mail.sender.underway.get(target)
  if (waiting === undefined) {
    mail.sender.underway.set(target, { messages: 1, bytes: mail.bytes, refusing: false, over: false })
    return
  }
  waiting.messages += 1
  waiting.bytes += mail.bytes
}

/** Mail was taken, or thrown away with its target. */
export function leave(kernel: Kernel, target: Process, mail: Mail): void {
  if (mail.sender === undefined) {
    target.unpaid.messages -= 1
    target.unpaid.bytes -= mail.bytes
    target.unpaid.refusing = false
    return countNode(target, mail, -1)
  }
  const waiting = mail.sender.underway.get(target)
  if (waiting !== undefined) {
    waiting.messages -= 1
    waiting.bytes -= mail.bytes
    waiting.refusing = false
    if (waiting.over && !isFull(waiting)) waiting.over = false
    if (waiting.messages === 0) mail.sender.underway.delete(target)
  }
  if (!mail.lent) giveBack(kernel, mail.sender, mail.bytes)
}

/** The node that a message for `target` came from, if it was another; word of our own messages did not. */
export function otherNode(target: Process, { source }: KernelMessage): string | undefined {
  return source.node === target.address.node || source.node === OUR ? undefined : source.node
}

function countNode(target: Process, { message, bytes }: Mail, sign: 1 | -1): void {
  const node = otherNode(target, message)
  if (node === undefined) return
  const { unpaid } = target
  const load = unpaid.nodes.get(node) ?? { messages: 0, bytes: 0 }
  load.messages += sign
  load.bytes += sign * bytes
  if (load.messages === 0) unpaid.nodes.delete(node)
  else unpaid.nodes.set(node, load)
}

/** Lends to guests that have waited for too long what they have on the way. */
export function lendToStuck(kernel: Kernel): void {
  for (const { phase } of kernel.processes.values()) {
    if (phase.kind !== 'running') continue
    const { instance } = phase
    if (instance.owed.messages === 0 || kernel.nowMs - instance.creditedMs < STUCK_MS) continue
    for (const target of instance.underway.keys()) {
      const mails = target.phase.kind === 'module' ? target.phase.handed : target.inbox
      for (const mail of mails) {
        if (mail.sender !== instance || mail.lent) continue
        mail.lent = true
        giveBack(kernel, instance, mail.bytes)
      }
    }
  }
}
