import { leb } from './binary.ts'

/**
 * What a component's memories take beyond their minimums, it asks for first. The engine has no call for that, so the code
 * of a component calls a function instead of `memory.grow`, appended here, that asks the host and then grows, or gives -1
 * as when there is no more. It reaches the host through a table of one function, appended too, which is empty until the
 * host fills it.
 *
 * A component that knew the number of that table could not put a function of its own there: what the table holds has a
 * type that belongs to a group of two, and a module with such a group is refused as it is read.
 */

/** The instruction `memory.grow`. */
export const GROW = 0x40

/** `(param i32) (result i32)`, of what is called instead. */
export const GROWING_TYPE = [0x60, 1, 0x7f, 1, 0x7f]

/** The same as the first type of its group, of what the table holds: given pages, 1 when the guest may have them more. */
const ASKING_GROUP = [0x4e, 2, ...GROWING_TYPE, 0x60, 0, 0]

/** What is appended so that growing can be asked for, by index. */
export type Asking = { readonly type: number; readonly table: number }

export const askingTypes = [GROWING_TYPE, ASKING_GROUP]

/** A table of exactly one function, or none yet. */
export function askingTable({ type }: Asking): number[] {
  return [...NULLABLE, ...positive(type), 1, 1, 1]
}

/** The body, without its size, of a function that grows the memory of this number when the host lets it. */
export function askingBody({ type, table }: Asking, memory: readonly number[]): number[] {
  const noLocals = 0
  const pages = [0x20, 0]
  const mayGrow = [...pages, 0x41, 0, 0x11, ...leb(type), ...leb(table)]
  const minusOne = [0x41, 0x7f]
  return [noLocals, ...mayGrow, IF, I32, ...pages, GROW, ...memory, ELSE, ...minusOne, END, END]
}

const [IF, ELSE, END, I32] = [0x04, 0x05, 0x0b, 0x7f]
const NULLABLE = [0x63]

/** As a number that could be negative. */
function positive(number: number): number[] {
  const bytes = leb(number)
  const last = bytes.at(-1) ?? 0
  return (last & 0x40) === 0 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0]
}

/** A module that imports a function of the host and exports it again: then it has the type that the table wants. */
const HEAD = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const TYPES = [1, 1 + ASKING_GROUP.length, 1, ...ASKING_GROUP]
const IMPORT_H_F = [2, 7, 1, 1, 0x68, 1, 0x66, 0, 0]
const EXPORT_F = [7, 5, 1, 1, 0x66, 0, 0]
const TYPED_FUNCTION = Uint8Array.from([HEAD, TYPES, IMPORT_H_F, EXPORT_F].flat())

/** What tables of `askingTable` take. `mayGrow` is asked with a number of pages. */
export function askingFunction(mayGrow: (pages: number) => boolean): unknown {
  const f = (pages: number): number => (mayGrow(pages >>> 0) ? 1 : 0)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(TYPED_FUNCTION), { h: { f } })
  return exports['f']
}
