import { Worker } from 'node:worker_threads'

/** Threads that have booted and wait to become a process. A thread serves one process and ends with it. */
export type ThreadPool = {
  /** @throws when a thread cannot be started, or the pool closes meanwhile. */
  take: () => Promise<Worker>
  /** Takes back a thread that was never used. */
  putBack: (thread: Worker) => void
  close: () => Promise<void>
}

export type ThreadPoolOptions = {
  /** The script that a thread runs, once it is there. It posts one message when it has booted. */
  readonly code: Promise<string>
  /** How many threads wait for the next processes; each takes about 7 MB. */
  readonly idleCount: number
}

/** More would only take processor time from each other and from the processes that run. */
const BOOTING_MAX = 2

/**
 * What a thread may take beside the guest's memory: values on their way into or out of it. The young generation is wide
 * enough for messages of a megabyte not to set off a collection each; beyond the limits only the thread ends.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 128, stackSizeMb: 4 } as const

export function createThreadPool({ code, idleCount }: ThreadPoolOptions): ThreadPool {
  const booting = new Set<Worker>()
  const idle: Worker[] = []
  const waiting: PromiseWithResolvers<Worker>[] = []
  let closed = false
  let script: string | undefined
  let noScript: { readonly error: unknown } | undefined

  async function begin(): Promise<void> {
    try {
      script = await code
      fill()
    } catch (error) {
      noScript = { error }
      for (const { reject } of waiting.splice(0)) reject(error)
    }
  }

  function fill(): void {
    if (closed || script === undefined) return
    const missing = idleCount + waiting.length - idle.length - booting.size
    for (let more = Math.min(missing, BOOTING_MAX - booting.size); more > 0; more -= 1) boot(script)
  }

  function boot(text: string): void {
    const thread = new Worker(text, {
      eval: true,
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: RESOURCE_LIMITS,
    })
    booting.add(thread)
    thread.unref()
    thread.once('message', () => {
      booting.delete(thread)
      offer(thread)
      fill()
    })
    thread.once('error', (error) => lose(thread, error))
    thread.once('exit', (code) => lose(thread, new Error(`the thread ended with code ${code} before it had booted`)))
  }

  function offer(thread: Worker): void {
    const next = waiting.shift()
    if (next === undefined) idle.push(thread)
    else next.resolve(handOver(thread))
  }

  function handOver(thread: Worker): Worker {
    thread.removeAllListeners()
    thread.ref()
    return thread
  }

  /** A thread that fails to boot fails whoever waits longest; without anybody waiting, the next `take` tries again. */
  function lose(thread: Worker, error: unknown): void {
    const at = idle.indexOf(thread)
    if (at !== -1) idle.splice(at, 1)
    if (booting.delete(thread)) waiting.shift()?.reject(error)
    if (waiting.length > 0) fill()
  }

  void begin()
  return {
    take: async () => {
      if (closed) throw new Error('the node is stopping')
      if (noScript !== undefined) throw noScript.error
      const thread = idle.shift()
      if (thread !== undefined) {
        fill()
        return handOver(thread)
      }
      const next = Promise.withResolvers<Worker>()
      waiting.push(next)
      fill()
      return next.promise
    },
    putBack: (thread) => {
      if (closed) {
        void thread.terminate()
        return
      }
      thread.unref()
      thread.on('error', (error) => lose(thread, error))
      thread.on('exit', () => lose(thread, undefined))
      offer(thread)
    },
    close: async () => {
      closed = true
      for (const { reject } of waiting.splice(0)) reject(new Error('the node is stopping'))
      const threads = [...booting, ...idle.splice(0)]
      booting.clear()
      await Promise.all(threads.map((thread) => thread.terminate()))
    },
  }
}
