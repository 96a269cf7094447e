import { createConnection } from 'node:net'
import type { Socket } from 'node:net'
import { unreachable } from '@hyperware/protocol'
import { CLOSE_GRACE_MS, KEEPALIVE_MS } from './constants.ts'
import { FrameReader, frameParts, messageParts } from './framing.ts'
import type { Transport, TransportEvents, Unit } from './transport.ts'

/** Opens a TCP connection; `opened` or `lost` follows. */
export function dialTcp(where: { host: string; port: number }, events: TransportEvents): Transport {
  return tcpTransport(createConnection(where), `${where.host}:${where.port}`, events)
}

/** Units over a TCP socket, open or opening (net.md section 2.1). */
export function tcpTransport(socket: Socket, remote: string, events: TransportEvents): Transport {
  const reader = new FrameReader()
  let problem: string | undefined
  let closing: NodeJS.Timeout | undefined
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEPALIVE_MS)

  const onData = (bytes: Uint8Array): void => {
    reader.push(bytes)
    events.readable()
  }
  const onError = (error: Error): void => {
    problem = 'code' in error && typeof error.code === 'string' ? error.code : error.message
  }
  const onClose = (): void => {
    clearTimeout(closing)
    events.lost(problem)
  }
  socket.on('connect', events.opened)
  socket.on('data', onData)
  socket.on('drain', events.drained)
  socket.on('error', onError)
  socket.on('close', onClose)

  /** Hands all parts to the system as one gather write. */
  const write = (parts: readonly Uint8Array[]): void => {
    if (socket.destroyed || socket.writableEnded) return
    socket.cork()
    for (const part of parts) socket.write(part)
    socket.uncork()
  }

  return {
    remote,
    take: (kind) => takeUnit(reader, kind),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    writeFrames: (frames) => write(frameParts(frames)),
    writeMessage: (total, chunks) => write(messageParts(total, chunks)),
    get writable() {
      return !socket.writableNeedDrain
    },
    close() {
      // A peer that does not read must not keep the socket: the last bytes get a moment, no more; what it
      // still sends is read and forgotten.
      socket.off('data', onData)
      socket.resume()
      socket.end()
      closing ??= setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref()
    },
    abort: () => void socket.destroy(),
    detach() {
      socket.pause()
      socket.off('connect', events.opened)
      socket.off('data', onData)
      socket.off('drain', events.drained)
      socket.off('error', onError)
      socket.off('close', onClose)
      return { socket, head: reader.takeAll() }
    },
  }
}

function takeUnit(reader: FrameReader, kind: Unit['kind']): Unit | undefined {
  switch (kind) {
    case 'frame':
    case 'chunk': {
      const bytes = reader.takeFrame()
      return bytes === undefined ? undefined : { kind, bytes }
    }
    case 'total': {
      const total = reader.takeTotal()
      return total === undefined ? undefined : { kind, total }
    }
    default:
      return unreachable(kind)
  }
}
