import { once } from 'node:events'
import { type Server, type Socket, connect, createServer } from 'node:net'
import { freePort } from '../../helpers/free-port.ts'

/** A way to a server that can be shut and opened again: what a client sees of a server that goes away and returns. */
export async function openGate(targetUrl: string) {
  const target = new URL(targetUrl)
  const port = await freePort()
  const sockets = new Set<Socket>()
  let server: Server | undefined

  function join(socket: Socket): void {
    const onward = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  }

  async function open(): Promise<void> {
    server = createServer(join).listen(port, '127.0.0.1')
    await once(server, 'listening')
  }

  async function shut(): Promise<void> {
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    server = undefined
    for (const socket of sockets) socket.destroy()
    await closed
  }

  await open()
  return { url: `http://127.0.0.1:${port}`, open, shut }
}
