import { formatAddress, formatError } from '@hyperware/protocol'
import { createHash } from 'node:crypto'
import type { GuestAnswer, GuestExit, GuestRunner, PreparedGuest } from '../../../../node/kernel/guest.ts'
import { createStandardHost, type KernelCalls } from '../../../../node/wasm/standard-host.ts'
import type { StandardHost } from '../../../../node/wasm/standard.ts'
import { findScript, withScript } from '../guests/puppet.ts'
import { transpileWithJco, type Transpiled, type TranspiledInstance } from './jco.ts'

type PreparedForJco = PreparedGuest & { readonly instantiate: (standard: StandardHost) => TranspiledInstance }

/** Ends a guest that was killed, at the call it waits in: a stack that is put aside for ever is never collected. */
class Killed extends Error {}

/**
 * Runs components as jco transpiles them, on this thread: a call that waits has its stack put aside. Credits are not
 * counted. Puppets that differ in their scripts only are transpiled once, and their scripts put into the core module.
 */
export function createJcoRunner(): GuestRunner<PreparedForJco> {
  const transpiled = new Map<string, Promise<Transpiled>>()

  function transpileOnce(wasm: Uint8Array): Promise<Transpiled> {
    const key = createHash('sha256').update(wasm).digest('hex')
    const known = transpiled.get(key) ?? transpileWithJco(wasm, { waits: true })
    transpiled.set(key, known)
    return known
  }

  return {
    async prepare(wasm) {
      const sizeBytes = wasm.length
      const script = findScript(wasm)
      if (script === undefined) return { sizeBytes, instantiate: (await transpileOnce(wasm)).instantiate }
      const { modules, instantiate } = await transpileOnce(withScript(wasm, '[]'))
      const changed = new Map(
        [...modules]
          .filter(([, module]) => findScript(module) !== undefined)
          .map(([name, module]) => [name, new WebAssembly.Module(withScript(module, script) as BufferSource)]),
      )
      return { sizeBytes, instantiate: (standard) => instantiate(standard, changed) }
    },
    start({ prepared, our, kernel }) {
      const killed = Promise.withResolvers<never>()
      killed.promise.catch(() => undefined) // whether or not somebody waits
      let isKilled = false
      const calls: KernelCalls = {
        act: (action) => kernel.act(action),
        ask: async (question, _cost, then) => {
          const answer = new Promise<GuestAnswer>((resolve) => kernel.ask(question, resolve))
          return then(await Promise.race([answer, killed.promise]))
        },
      }
      const run = async (): Promise<GuestExit> => {
        try {
          // The instance begins after `start` has returned, as a thread would.
          await Promise.resolve()
          if (!isKilled) await prepared.instantiate(createStandardHost(calls, our)).init(formatAddress(our))
          return { kind: 'returned' }
        } catch (error) {
          return { kind: 'trapped', reason: formatError(error) }
        }
      }
      void run().then((exit) => isKilled || kernel.exited(exit))
      return {
        kill() {
          isKilled = true
          killed.reject(new Killed())
          return Promise.resolve()
        },
        usage: () => Promise.resolve({ cpuMs: 0, memoryBytes: 0 }),
        giveCredit: () => undefined,
      }
    },
  }
}
