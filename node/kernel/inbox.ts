import type { KernelMessage } from '@hyperware/protocol'
import type { Instance } from './process.ts'

/** Why a message did not get through. `timeout` also stands for a missing target or capability (kernel.md section 4). */
export type SendErrorKind = 'offline' | 'timeout'

/** What waits at a process: a message for it, or word that one of its own did not get through. */
export type Mail = {
  readonly message: KernelMessage
  /** Set when this is a send-error: `message` is then the one that failed. */
  readonly error: { readonly kind: SendErrorKind; readonly reason: string } | undefined
  readonly bytes: number
  /** The instance whose credits this took. */
  readonly sender: Instance | undefined
  /** The credits were given back though the mail still waits. */
  lent: boolean
}

/** Whether a context is needed to hear this: a response, or a send-error. */
export function settles(mail: Mail): boolean {
  return mail.error !== undefined || mail.message.message.kind === 'response'
}

/** First in, first out, with constant cost at both ends. */
export class Inbox {
  #items: (Mail | undefined)[] = []
  #head = 0
  #bytes = 0
  /** Responses and errors among what waits: without any, nobody who awaits one has to look. */
  #settling = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  push(mail: Mail): void {
    this.#items.push(mail)
    this.#bytes += mail.bytes
    if (settles(mail)) this.#settling += 1
  }

  shift(): Mail | undefined {
    const mail = this.#items[this.#head]
    if (mail === undefined) return undefined
    this.#items[this.#head] = undefined
    this.#head += 1
    this.#forget(mail)
    // Moving the rest costs as much as has been taken since the last time, so each mail is moved once on average.
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return mail
  }

  /** Takes the first response or send-error of the request `id` out of the middle. */
  takeSettling(id: bigint): Mail | undefined {
    if (this.#settling === 0) return undefined
    for (let at = this.#head; at < this.#items.length; at += 1) {
      const mail = this.#items[at]
      if (mail === undefined || mail.message.id !== id || !settles(mail)) continue
      this.#items.splice(at, 1)
      this.#forget(mail)
      return mail
    }
    return undefined
  }

  *[Symbol.iterator](): Generator<Mail> {
    for (let at = this.#head; at < this.#items.length; at += 1) {
      const mail = this.#items[at]
      if (mail !== undefined) yield mail
    }
  }

  /** Replaces each mail by what `change` makes of it. */
  rewrite(change: (mail: Mail) => Mail): void {
    this.#items = [...this].map(change)
    this.#head = 0
  }

  #forget(mail: Mail): void {
    this.#bytes -= mail.bytes
    if (settles(mail)) this.#settling -= 1
  }
}
