import { HyperwareError } from '@hyperware/protocol'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the script of a puppet begins, and the room it has: as in `c/puppet.c`. */
const MARKER = Buffer.from('puppet script:')
const ROOM_BYTES = 49_152

type PuppetProblem =
  { code: 'not-a-puppet'; sizeBytes: number } | { code: 'script-size'; sizeBytes: number } | { code: 'script-escape' }
export class PuppetError extends HyperwareError<PuppetProblem> {}

/** The component of `c/puppet.c`, with an empty script. */
export function readPuppet(): Uint8Array {
  return readFileSync(join(import.meta.dirname, 'c/puppet.wasm'))
}

/** The script in a puppet's component, or in a core module of it. Undefined of anything else. */
export function findScript(wasm: Uint8Array): string | undefined {
  const at = Buffer.from(wasm.buffer, wasm.byteOffset, wasm.length).indexOf(MARKER)
  if (at === -1) return undefined
  const room = wasm.subarray(at + MARKER.length, at + ROOM_BYTES)
  return new TextDecoder().decode(room.subarray(0, room.indexOf(0)))
}

/**
 * A copy of a puppet's component, or of its core module, with another script: JSON text, without \u escapes.
 * @throws PuppetError
 */
export function withScript(wasm: Uint8Array, script: string): Uint8Array {
  const copy = Buffer.from(wasm)
  const at = copy.indexOf(MARKER)
  const { length } = wasm
  if (at === -1) {
    const message = `Cannot give a script to ${length} bytes: expected a puppet, which has ${MARKER.toString()} in it`
    throw new PuppetError({ code: 'not-a-puppet', sizeBytes: length }, message)
  }
  if (script.includes('\\u')) {
    throw new PuppetError({ code: 'script-escape' }, 'Cannot give a puppet a script with \\u escapes: it reads none')
  }
  const text = Buffer.from(script)
  const most = ROOM_BYTES - MARKER.length - 1
  if (text.length > most) {
    const message = `Cannot give a puppet a script of ${text.length} bytes, expected at most ${most}`
    throw new PuppetError({ code: 'script-size', sizeBytes: text.length }, message)
  }
  copy.fill(0, at + MARKER.length, at + ROOM_BYTES)
  copy.set(text, at + MARKER.length)
  return copy
}
