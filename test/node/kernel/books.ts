import type { Timer } from '../../../node/kernel/effects.ts'
import { GUEST_CREDITS } from '../../../node/kernel/guest.ts'
import { type Mail, settles } from '../../../node/kernel/inbox.ts'
import type { Kernel } from '../../../node/kernel/kernel.ts'
import { PAID_MAX } from '../../../node/kernel/limits.ts'
import type { Context, Instance, Process } from '../../../node/kernel/process.ts'
import type { Load, Pool } from '../../../node/kernel/shares.ts'
import { OUR_NAME } from './kernel-fixture.ts'

/** A kernel, and what the world around it knows: the timers it was asked for, who has how much credit, and who asks. */
export type Books = {
  readonly kernel: Kernel
  readonly timers: ReadonlyMap<Context | Process, { timer: Timer }>
  readonly credits: ReadonlyMap<Instance, Load>
  readonly asking: ReadonlySet<Instance>
}

/** Throws unless the books balance. */
export function auditBooks(books: Books): void {
  const { kernel, timers } = books
  const openTimers = new Set<Context | Process>()
  const owing = new Map<Instance, Load>()
  for (const process of kernel.processes.values()) {
    const { phase } = process
    if (phase.kind === 'waiting') openTimers.add(process)
    let contextBytes = 0
    const mails = phase.kind === 'module' ? [...phase.handed] : [...process.inbox]
    const settling = mails.filter(settles)
    const answered = new Set(settling.map(({ message }) => message.id))
    // A module's context is closed when it is handed the mail.
    if (phase.kind !== 'module') {
      same(`${process.key}: mails that settle, by request`, settling.length, answered.size)
      for (const id of answered)
        same(`${process.key}: whether mail settles a context`, process.contexts.get(id)?.settled, true)
      const errors = sum(mails.filter(({ sender, error }) => sender === undefined && error !== undefined))
      if (errors > process.contextBytes)
        throw new Error(`${process.key}: ${errors} bytes of errors, ${process.contextBytes} counted`)
    }
    for (const context of process.contexts.values()) {
      contextBytes += context.bytes
      if (!context.settled) openTimers.add(context)
      else if (!answered.has(context.request.id)) throw new Error(`${process.key}: a settled context without its mail`)
    }
    same(`${process.key}: bytes of contexts`, process.contextBytes, contextBytes)
    const [paid, unpaid] = [mails.filter(isPaid), mails.filter((mail) => !isPaid(mail))]
    auditPool(`${process.key}: paid`, process.paid, paid, ({ sender }) =>
      sender?.process === process ? process.key : sender?.process.packageKey,
    )
    auditPool(`${process.key}: unpaid`, process.unpaid, unpaid, ({ message }) =>
      message.source.node === OUR_NAME ? undefined : message.source.node,
    )
    // Beyond its share, a package may have one that is awaited; the last one in may be long.
    for (const [name, share] of process.paid.shares) {
      if (share.messages > PAID_MAX.messages / 2 + 1) throw new Error(`${process.key}: ${share.messages} of ${name}`)
      const bytes = PAID_MAX.bytes / 2 + 2 * GUEST_CREDITS.bytes
      if (share.bytes > bytes) throw new Error(`${process.key}: ${share.bytes} bytes of ${name}`)
    }
    if (process.paid.messages > PAID_MAX.messages + process.paid.shares.size)
      throw new Error(`${process.key}: ${process.paid.messages} messages paid for`)
    if (phase.kind !== 'module') same(`${process.key}: bytes`, process.inbox.bytes, sum(mails))
    for (const { sender, bytes, lent } of mails) {
      if (sender === undefined || lent || sender.ended) continue
      const owed = owing.get(sender) ?? { messages: 0, bytes: 0 }
      owing.set(sender, { messages: owed.messages + 1, bytes: owed.bytes + bytes })
    }
  }
  for (const { phase } of kernel.processes.values()) {
    if (phase.kind === 'running') auditInstance(books, phase.instance, owing.get(phase.instance))
  }
  for (const subject of openTimers) if (!timers.has(subject)) throw new Error('a deadline without a timer')
  for (const [subject, { timer }] of timers) {
    if (openTimers.has(subject)) continue
    const process = timer.kind === 'restart' ? timer.subject : timer.process
    throw new Error(`a timer without a deadline: ${timer.kind} of ${process.key}, ${process.phase.kind}`)
  }
}

function auditInstance(
  { credits: all, asking }: Books,
  instance: Instance,
  owing: Load = { messages: 0, bytes: 0 },
): void {
  const credits = all.get(instance)
  const { key } = instance.process
  same(`${key}: owed messages`, instance.owed.messages, GUEST_CREDITS.messages - (credits?.messages ?? 0))
  same(`${key}: owed bytes`, instance.owed.bytes, GUEST_CREDITS.bytes - (credits?.bytes ?? 0))
  same(`${key}: messages that wait and were not lent`, owing.messages, instance.owed.messages)
  same(`${key}: bytes that wait and were not lent`, owing.bytes, instance.owed.bytes)
  if (instance.waiting !== undefined && !asking.has(instance)) throw new Error(`${key} waits but does not ask`)
}

function isPaid({ sender }: Mail): boolean {
  return sender !== undefined
}

function auditPool(what: string, pool: Pool, mails: readonly Mail[], nameOf: (mail: Mail) => string | undefined): void {
  same(`${what}: messages`, pool.messages, mails.length)
  same(`${what}: bytes`, pool.bytes, sum(mails))
  const shares = Map.groupBy(mails, nameOf)
  shares.delete(undefined)
  const empty = [...pool.shares.values()].filter(({ messages }) => messages === 0)
  same(`${what}: bytes of shares without messages`, Math.max(0, ...empty.map(({ bytes }) => bytes)), 0)
  same(`${what}: senders`, pool.shares.size - empty.length, shares.size)
  for (const [name, theirs] of shares) {
    const share = name === undefined ? undefined : pool.shares.get(name)
    same(`${what}: messages of ${name}`, share?.messages, theirs.length)
    same(`${what}: bytes of ${name}`, share?.bytes, sum(theirs))
  }
}

function same(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: ${String(found)}, expected ${String(expected)}`)
}

function sum(mails: readonly Mail[]): number {
  return mails.reduce((total, { bytes }) => total + bytes, 0)
}
