import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below what the system itself gives out, so that nobody is given a port between its choice here and its use. */
const FIRST = 12_000
const BLOCK_PORTS = 100
const BLOCKS = 180

let block: { next: number; end: number } | undefined
let taken: Promise<unknown> = Promise.resolve()

/**
 * A TCP port of this machine where nobody listens, and that no other process gets from here, now or while this one lives:
 * not when it is listened on later, nor when it is to be free again after a stop. Those right above it, to the end of its
 * block, are nobody else's either.
 */
export function freePort(): Promise<number> {
  const port = taken.then(take)
  taken = port.catch(() => undefined) // whoever asked for that one hears of it
  return port
}

async function take(): Promise<number> {
  for (;;) {
    if (block === undefined || block.next === block.end) block = await claimBlock()
    const port = block.next
    block.next += 1
    if (await isFree(port)) return port
  }
}

/** Ports for this process alone. What says so is a UDP socket on the first of them, which the system ends with the process. */
async function claimBlock(): Promise<{ next: number; end: number }> {
  const begin = randomInt(BLOCKS)
  for (let at = 0; at < BLOCKS; at += 1) {
    const next = FIRST + ((begin + at) % BLOCKS) * BLOCK_PORTS
    const claim = createSocket('udp4').unref()
    claim.bind({ port: next, address: '127.0.0.1', exclusive: true })
    const isOurs = await once(claim, 'listening').then(
      () => true,
      () => false, // another process has it
    )
    if (isOurs) return { next, end: next + BLOCK_PORTS }
    claim.close()
  }
  throw new Error(`Cannot find a free port: all ${BLOCKS} blocks of ports from ${FIRST} on are taken`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true })
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false, // somebody listens there
  )
  if (isListening) await new Promise((resolve) => server.close(resolve))
  return isListening
}
