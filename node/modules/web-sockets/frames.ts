import { type RawData, WebSocket } from 'ws'
import { unreachable, type WsMessageType } from '@hyperware/protocol'

/** Longest message of a WebSocket, either way, in bytes. */
export const MESSAGE_MAX_BYTES = 16 * 1_024 * 1_024
/** Bytes that may wait to be sent on one WebSocket. */
const WAITING_MAX_BYTES = 32 * 1_024 * 1_024
/** Longest payload of a ping or pong (RFC 6455 section 5.5). */
export const CONTROL_MAX_BYTES = 125

/** The code of a connection that ended without a close frame (RFC 6455 section 7.1.5). */
const ABNORMAL = 1_006

/** Sends a frame, or says why not: `too-long` for its type, or `full` when the other side does not read. */
export function sendFrame(socket: WebSocket, type: WsMessageType, bytes: Uint8Array): 'sent' | 'too-long' | 'full' {
  if ((type === 'Ping' || type === 'Pong') && bytes.length > CONTROL_MAX_BYTES) return 'too-long'
  if (bytes.length > MESSAGE_MAX_BYTES) return 'too-long'
  if (socket.bufferedAmount + bytes.length > WAITING_MAX_BYTES) return 'full'
  if (type === 'Close') socket.close()
  // One that closes takes nothing any more; its process hears of the close.
  else if (socket.readyState === WebSocket.OPEN) send(socket, type, bytes)
  return 'sent'
}

function send(socket: WebSocket, type: Exclude<WsMessageType, 'Close'>, bytes: Uint8Array): void {
  switch (type) {
    case 'Text':
      return socket.send(bytes, { binary: false })
    case 'Binary':
      return socket.send(bytes, { binary: true })
    case 'Ping':
      return socket.ping(bytes)
    case 'Pong':
      return socket.pong(bytes)
    default:
      return unreachable(type)
  }
}

/** Calls back for what comes, and once at the end, whether it was a close or an error. Begins a paused socket. */
export function listen(
  socket: WebSocket,
  hears: {
    readonly message: (type: Exclude<WsMessageType, 'Close'>, bytes: Uint8Array) => void
    /** With the reason the other side gave, when it closed as it should. */
    readonly closed: (reason: Uint8Array | undefined) => void
  },
): void {
  socket.on('message', (data, isBinary) => hears.message(isBinary ? 'Binary' : 'Text', bytesOf(data)))
  socket.on('ping', (data) => hears.message('Ping', new Uint8Array(data)))
  socket.on('pong', (data) => hears.message('Pong', new Uint8Array(data)))
  socket.on('close', (code, reason) => hears.closed(code === ABNORMAL ? undefined : new Uint8Array(reason)))
  // A close follows every error.
  socket.on('error', () => undefined)
  if (socket.readyState === WebSocket.CLOSED) return hears.closed(undefined)
  socket.resume()
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data))
  return new Uint8Array(data)
}
