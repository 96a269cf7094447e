import { MessageChannel, Worker } from 'node:worker_threads'

/** worker_threads without anything of ours: what our round trips are compared with. */

const ECHO = `
  import { parentPort } from 'node:worker_threads'
  parentPort.on('message', ({ port, back }) => {
    if (back) port.on('message', (message) => port.postMessage(message))
    else {
      let left = 0, done
      port.on('message', (message) => {
        if (typeof message === 'object' && 'rounds' in message) {
          left = message.rounds
          port.postMessage(new Uint8Array(message.sizeBytes))
        } else if ((left -= 1) === 0) port.postMessage('done')
        else port.postMessage(message)
      })
    }
  })`

export type BareThreads = {
  /** This thread sends bytes to another, which sends them back. */
  readonly between: (rounds: number, sizeBytes: number) => Promise<void>
  /** One thread sends bytes to this one, which passes them to a third; and back the same way. */
  readonly through: (rounds: number, sizeBytes: number) => Promise<void>
  readonly end: () => Promise<void>
}

export function startBareThreads(): BareThreads {
  const url = new URL(`data:text/javascript,${encodeURIComponent(ECHO)}`)
  const threads = [new Worker(url), new Worker(url), new Worker(url)]
  const [near, asker, echo] = threads.map((thread, index) => {
    const { port1, port2 } = new MessageChannel()
    thread.postMessage({ port: port2, back: index !== 1 }, [port2])
    return port1
  })
  if (near === undefined || asker === undefined || echo === undefined) throw new Error('three threads were started')
  let finished: (() => void) | undefined
  echo.on('message', (message: unknown) => asker.postMessage(message, []))
  asker.on('message', (message: unknown) => {
    if (message === 'done') finished?.()
    else echo.postMessage(message, [])
  })
  return {
    between: (rounds, sizeBytes) =>
      new Promise((resolve) => {
        let left = rounds
        const again = (message: unknown): void => {
          left -= 1
          if (left > 0) return near.postMessage(message, [])
          near.off('message', again)
          resolve()
        }
        near.on('message', again)
        near.postMessage(new Uint8Array(sizeBytes), [])
      }),
    through: (rounds, sizeBytes) =>
      new Promise((resolve) => {
        finished = resolve
        asker.postMessage({ rounds, sizeBytes }, [])
      }),
    end: async () => void (await Promise.all(threads.map((thread) => thread.terminate()))),
  }
}
