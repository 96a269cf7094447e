import { parse } from '@bytecodealliance/jco-transpile/wasm-tools'

type Parts = {
  /** Type, memory and imports of the core module, and anything else in it. */
  readonly core?: string
  /** What `init` does, in instructions of a core function with the parameters 0 and 1. */
  readonly init?: string
  /** Declared before the core module, such as imports. */
  readonly before?: string
  /** Arguments of the core module. */
  readonly given?: string
  /** Instead of the export of `init`. */
  readonly exported?: string
}

export const MEMORY = '(memory (export "memory") 1)'
const OPTIONS = '(memory (core memory $i "memory")) (realloc (core func $i "realloc"))'
export const LIFT = `(canon lift (core func $i "init") ${OPTIONS})`

/** A component written out in text, with the least that the world process-v1 asks for where nothing else is given. */
export function write(parts: Parts = {}): Promise<Uint8Array> {
  return parse(`(component
    ${parts.before ?? ''}
    (core module $m
      ${parts.core ?? MEMORY}
      (func (export "init") (param i32 i32) ${parts.init ?? ''})
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 8))
    (core instance $i (instantiate $m ${parts.given ?? ''}))
    ${parts.exported ?? `(func (export "init") (param "our" string) ${LIFT})`})`)
}
