import { createComponentRunner } from '../../../node/wasm/runner.ts'
import { createJcoRunner } from '../wasm/component/jco-runner.ts'
import { readPuppet, withScript } from '../wasm/guests/puppet.ts'
import { sinking } from '../wasm/wat-guests.ts'
import type { Cast } from './scenario-gate.ts'

/** Real components, each in a thread of its own, as a node runs them. */
export async function castComponents(): Promise<Cast> {
  const runner = createComponentRunner({ idleThreads: 3 })
  return { runner, close: runner.close, ...(await components()) }
}

/** The same components behind the same host functions, but read, linked and called by what jco makes of them. */
export async function castJco(): Promise<Cast> {
  return { runner: createJcoRunner(), close: () => Promise.resolve(), ...(await components()) }
}

async function components(): Promise<Pick<Cast, 'idle' | 'puppet'>> {
  const puppet = readPuppet()
  return { idle: await sinking(), puppet: (script) => withScript(puppet, JSON.stringify(script)) }
}
