import type { MessagePort } from 'node:worker_threads'
import { type ProcessAddress, unreachable } from '@hyperware/protocol'
import type { GuestAction, GuestAnswer, GuestExit, GuestQuestion } from '../kernel/guest.ts'
import type { Cells } from './cells.ts'
import type { CompiledComponent } from './component/component.ts'
import type { Landing } from './landing.ts'
import {
  packEvent,
  packOnExit,
  packRequest,
  packResponse,
  packSpawn,
  unpackEvent,
  unpackOnExit,
  unpackRequest,
  unpackResponse,
  unpackSpawn,
} from './packed-messages.ts'
import {
  createPacker,
  createUnpacker,
  packBytes,
  packCapability,
  type Packed,
  type Packer,
  packList,
  packOption,
  packProcessId,
  unpackBytes,
  unpackCapability,
  type Unpacker,
  unpackList,
  unpackOption,
  unpackProcessId,
} from './packing.ts'

/** What the node's thread and a process's thread send each other. */

/** To a thread that has booted: become this process. */
export type StartMessage = {
  readonly component: CompiledComponent
  readonly our: ProcessAddress
  readonly cells: Cells
  readonly port: MessagePort
}

/** From the thread, over the process's port, in the order in which the guest made the calls. */
export type ThreadMessage =
  | { readonly kind: 'act'; readonly action: GuestAction; readonly cost: number }
  | { readonly kind: 'ask'; readonly question: GuestQuestion }
  /** Its linear memories are to hold so many bytes together. The answer is that they may. */
  | { readonly kind: 'hold'; readonly bytes: number }
  | { readonly kind: 'exited'; readonly exit: GuestExit }

/** The bytes in it were copied out of the guest's memory for this message: they are handed over. */
export function packThreadMessage(message: ThreadMessage): Packed {
  const packer = createPacker()
  packer.add(message.kind)
  switch (message.kind) {
    case 'act':
      packer.add(message.cost)
      packAction(packer, message.action)
      break
    case 'ask':
      packQuestion(packer, message.question)
      break
    case 'hold':
      packer.add(message.bytes)
      break
    case 'exited':
      packer.add(message.exit.kind)
      if (message.exit.kind === 'trapped') packer.add(message.exit.reason)
      break
    default:
      unreachable(message)
  }
  return packer.packed()
}

export function unpackThreadMessage(values: Packed['values']): ThreadMessage {
  const from = createUnpacker(values)
  const kind = from.next<ThreadMessage['kind']>()
  switch (kind) {
    case 'act':
      return { kind, cost: from.next<number>(), action: unpackAction(from) }
    case 'ask':
      return { kind, question: unpackQuestion(from) }
    case 'hold':
      return { kind, bytes: from.next<number>() }
    case 'exited': {
      const exit = from.next<GuestExit['kind']>()
      return { kind, exit: exit === 'trapped' ? { kind: exit, reason: from.next<string>() } : { kind: exit } }
    }
    default:
      return unreachable(kind)
  }
}

/** To the thread that asked. The kernel may keep what it gives, whose bytes are copied; those of a state are handed over. */
export function packAnswer(answer: GuestAnswer, landing: Landing): Packed {
  const packer = createPacker(landing)
  packer.add(answer.kind)
  switch (answer.kind) {
    case 'event':
      packEvent(packer, answer.event)
      break
    case 'state':
      packOption(packer, answer.bytes, (_, bytes) => packer.given(bytes))
      break
    case 'done':
      break
    case 'on-exit':
      packOnExit(packer, answer.onExit)
      break
    case 'capabilities':
      packList(packer, answer.capabilities, packCapability)
      break
    case 'spawned':
      packProcessId(packer, answer.id)
      break
    case 'not-spawned':
      packer.add(answer.error)
      break
    case 'trap':
      packer.add(answer.reason)
      break
    default:
      unreachable(answer)
  }
  return packer.packed()
}

export function unpackAnswer(values: Packed['values']): GuestAnswer {
  const from = createUnpacker(values)
  const kind = from.next<GuestAnswer['kind']>()
  switch (kind) {
    case 'event':
      return { kind, event: unpackEvent(from) }
    case 'state':
      return { kind, bytes: unpackOption(from, unpackBytes) }
    case 'done':
      return { kind }
    case 'on-exit':
      return { kind, onExit: unpackOnExit(from) }
    case 'capabilities':
      return { kind, capabilities: unpackList(from, unpackCapability) }
    case 'spawned':
      return { kind, id: unpackProcessId(from) }
    case 'not-spawned':
      return { kind, error: from.next<Extract<GuestAnswer, { kind: 'not-spawned' }>['error']>() }
    case 'trap':
      return { kind, reason: from.next<string>() }
    default:
      return unreachable(kind)
  }
}

function packAction(packer: Packer, action: GuestAction): void {
  packer.add(action.kind)
  switch (action.kind) {
    case 'send':
      packList(packer, action.requests, packSend)
      return
    case 'respond':
      packResponse(packer, action.response)
      return
    case 'print':
      packer.add(action.verbosity)
      packer.add(action.text)
      return
    case 'set-on-exit':
      packOnExit(packer, action.onExit)
      return
    case 'save-capabilities':
    case 'drop-capabilities':
      packList(packer, action.capabilities, packCapability)
      return
    default:
      unreachable(action)
  }
}

function unpackAction(from: Unpacker): GuestAction {
  const kind = from.next<GuestAction['kind']>()
  switch (kind) {
    case 'send':
      return { kind, requests: unpackList(from, unpackSend) }
    case 'respond':
      return { kind, response: unpackResponse(from) }
    case 'print':
      return { kind, verbosity: from.next<number>(), text: from.next<string>() }
    case 'set-on-exit':
      return { kind, onExit: unpackOnExit(from) }
    case 'save-capabilities':
    case 'drop-capabilities':
      return { kind, capabilities: unpackList(from, unpackCapability) }
    default:
      return unreachable(kind)
  }
}

type Send = Extract<GuestAction, { kind: 'send' }>['requests'][number]

function packSend(packer: Packer, { request, context }: Send): void {
  packRequest(packer, request)
  packOption(packer, context, packBytes)
}

function unpackSend(from: Unpacker): Send {
  return { request: unpackRequest(from), context: unpackOption(from, unpackBytes) }
}

function packQuestion(packer: Packer, question: GuestQuestion): void {
  packer.add(question.kind)
  switch (question.kind) {
    case 'send-and-await':
      packRequest(packer, question.request)
      return
    case 'set-state':
      packer.bytes(question.bytes)
      return
    case 'spawn':
      packSpawn(packer, question.spawn)
      return
    default:
      return // the kind says it all
  }
}

function unpackQuestion(from: Unpacker): GuestQuestion {
  const kind = from.next<GuestQuestion['kind']>()
  switch (kind) {
    case 'send-and-await':
      return { kind, request: unpackRequest(from) }
    case 'set-state':
      return { kind, bytes: from.next<Uint8Array>() }
    case 'spawn':
      return { kind, spawn: unpackSpawn(from) }
    default:
      return { kind }
  }
}
