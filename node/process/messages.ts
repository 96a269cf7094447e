import { type Blob, type Capability, equalAddresses, OUR, parseAddress, type ProcessAddress } from '@hyperware/protocol'
import * as host from 'hyperware:process/standard@1.0.0'
import type { WitAddress, WitMessage, WitSendError } from 'hyperware:process/standard@1.0.0'
import { type Body, bodyBytes, jsonOf, textOf } from './body.ts'
import {
  fromWitAddress,
  fromWitBlob,
  fromWitCapability,
  payloadOf,
  type SendError,
  sendErrorOf,
  toWitAddress,
  toWitBlob,
  toWitRequest,
} from './wit.ts'

/** An address, or its text; `our@` stands for this node. */
export type Target = ProcessAddress | string

export type MessageOptions = {
  readonly metadata?: string | undefined
  readonly blob?: Blob | undefined
  /** Capabilities that go along; those this process neither holds nor issues are left out on the way. */
  readonly capabilities?: readonly Capability[] | undefined
  /** Carry on the request that is being answered: its responses go to whoever asked us. */
  readonly inherit?: boolean | undefined
}

/** What the other side said, in whichever form it is wanted. */
export type Content = {
  readonly source: ProcessAddress
  readonly body: Uint8Array
  readonly metadata: string | undefined
  readonly capabilities: readonly Capability[]
  readonly blob: Blob | undefined
  /** @throws BodyError */
  readonly text: () => string
  /** @throws BodyError */
  readonly json: () => ReturnType<typeof jsonOf>
}

export type IncomingRequest = Content & {
  readonly kind: 'request'
  /** Seconds that the sender waits; undefined when it does not. */
  readonly expectsResponse: number | undefined
}
export type IncomingResponse = Content & { readonly kind: 'response'; readonly context: Uint8Array | undefined }
/** A request of ours that `send` gave a deadline and that got no response. */
export type IncomingError = {
  readonly kind: 'send-error'
  readonly error: SendError
  readonly context: Uint8Array | undefined
}
export type Incoming = IncomingRequest | IncomingResponse | IncomingError

/** The address of this process. */
export function our(): ProcessAddress {
  return fromWitAddress(host.our())
}

/** Whether a message came from a process of this node. */
export function isLocal({ source }: { readonly source: ProcessAddress }): boolean {
  return source.node === our().node
}

/**
 * Sends and goes on. With `timeoutSeconds` a response or an error comes through `receive`, with the `context` given
 * here; without it none comes.
 */
export function send(
  target: Target,
  body: Body,
  options: MessageOptions & {
    readonly timeoutSeconds?: number | undefined
    readonly context?: Uint8Array | undefined
  } = {},
): void {
  host.sendRequest(
    toWitAddress(addressOf(target)),
    requestOf(body, options.timeoutSeconds, options),
    options.context ?? null,
    toWitBlob(options.blob),
  )
}

export type AskOptions = MessageOptions & {
  /** 5 unless given. */
  readonly timeoutSeconds?: number | undefined
  /** Leaves the blob of the response outside this process's memory: the next message that inherits carries it on. */
  readonly leaveBlob?: boolean | undefined
}

/**
 * Sends and waits for the response; what else comes in the meantime is kept for `receive`.
 * @throws SendError when no response comes, or not in time.
 */
export function ask(target: Target, body: Body, options: AskOptions = {}): IncomingResponse {
  const address = addressOf(target)
  const request = requestOf(body, options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS, options)
  try {
    const [source, message] = host.sendAndAwaitResponse(toWitAddress(address), request, toWitBlob(options.blob))
    return responseOf(source, message, options.leaveBlob)
  } catch (error) {
    throw sendErrorOf(payloadOf(error) as WitSendError)
  }
}

/** Seconds that `ask` waits unless told otherwise. */
export const DEFAULT_TIMEOUT_SECONDS = 5

/** Answers the latest request that expected it, however many other messages came since. */
export function respond(body: Body, options: MessageOptions = {}): void {
  const { inherit, metadata, capabilities } = toWitRequest({ ...plain(body, options), expectsResponse: undefined })
  host.sendResponse({ inherit, body: bodyBytes(body), metadata, capabilities }, toWitBlob(options.blob))
}

/** Waits for whatever comes next. */
export function receive(): Incoming {
  try {
    const [source, message] = host.receive()
    return message.tag === 'response' ? responseOf(source, message) : requestFrom(source, message.val)
  } catch (error) {
    const [failure, context] = payloadOf(error) as [WitSendError, Uint8Array | null]
    return { kind: 'send-error', error: sendErrorOf(failure), context: context ?? undefined }
  }
}

/** Everything that comes, for as long as the process runs: `for (const message of messages()) …`. */
export function* messages(): Generator<Incoming, never> {
  for (;;) yield receive()
}

export function addressOf(target: Target): ProcessAddress {
  const address = typeof target === 'string' ? parseAddress(target) : target
  return address.node === OUR ? { ...address, node: our().node } : address
}

/** Whether two targets are the same process of the same node. */
export function sameTarget(a: Target, b: Target): boolean {
  return equalAddresses(addressOf(a), addressOf(b))
}

function plain(body: Body, { inherit, metadata, capabilities }: MessageOptions) {
  return { inherit: inherit ?? false, body: bodyBytes(body), metadata, capabilities: capabilities ?? [] }
}

function requestOf(body: Body, timeoutSeconds: number | undefined, options: MessageOptions) {
  const expectsResponse = timeoutSeconds === undefined ? undefined : BigInt(Math.ceil(timeoutSeconds))
  return toWitRequest({ ...plain(body, options), expectsResponse })
}

type WitContent = Extract<WitMessage, { tag: 'request' }>['val']

function contentOf(source: WitAddress, said: Omit<WitContent, 'expectsResponse'>, leaveBlob = false): Content {
  const blob = !leaveBlob && host.hasBlob() ? fromWitBlob(host.getBlob()) : undefined
  return {
    source: fromWitAddress(source),
    body: said.body,
    metadata: said.metadata ?? undefined,
    capabilities: said.capabilities.map(fromWitCapability),
    blob,
    text: () => textOf(said.body),
    json: () => jsonOf(said.body),
  }
}

function requestFrom(source: WitAddress, request: WitContent): IncomingRequest {
  return { kind: 'request', ...contentOf(source, request), expectsResponse: request.expectsResponse ?? undefined }
}

function responseOf(source: WitAddress, message: WitMessage, leaveBlob?: boolean): IncomingResponse {
  if (message.tag === 'request') return responseOf(source, { tag: 'response', val: [message.val, null] }, leaveBlob)
  const [response, context] = message.val
  return { kind: 'response', ...contentOf(source, response, leaveBlob), context: context ?? undefined }
}
