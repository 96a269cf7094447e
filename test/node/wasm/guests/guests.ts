import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildJavaScript } from './javascript.ts'

const HERE = import.meta.dirname

export function readGuestC(): Uint8Array {
  return readFileSync(join(HERE, 'c/guest.wasm'))
}

/** Has commands of its own: `W` looks around in WASI, `P` panics, `X0` and `X1` exit. */
export function readGuestRust(): Uint8Array {
  return readFileSync(join(HERE, 'rust/guest.wasm'))
}

/** The guests that all answer the same script, by the language they are written in. */
export const GUESTS: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  C: () => Promise.resolve(readGuestC()),
  Rust: () => Promise.resolve(readGuestRust()),
  JavaScript: () => buildJavaScript(readFileSync(join(HERE, 'javascript/guest.js'), 'utf8')),
}
