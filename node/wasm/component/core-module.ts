import { BinaryReader, hex } from './binary.ts'
import { ComponentError } from './errors.ts'

/** What a process may take besides its linear memories, whatever its modules declare. */
const TABLE_ENTRIES_MAX = 1_000_000

/** The magic number and the version, which compiling checks. */
const HEAD_BYTES = 8
const PAGE_BYTES = 65_536
const SECTION = { type: 1, table: 4, memory: 5 } as const

/** A core module whose memories and tables grow no further than they may. */
export type LimitedModule = { readonly bytes: Uint8Array; readonly memories: number; readonly tables: number }

/** Lowers the maximum of every memory to `memoryMaxBytes`, and of every table to a fixed number; the rest is untouched. */
export function limitModule(module: BinaryReader, memoryMaxBytes: number): LimitedModule {
  const { bytes, end, offset } = module
  const reader = new BinaryReader(bytes, Math.min(offset + HEAD_BYTES, end), end)
  const parts: Uint8Array[] = [bytes.subarray(offset, reader.offset)]
  let memories = 0
  let tables = 0
  while (!reader.done) {
    const start = reader.offset
    const id = reader.byte('a section of a core module')
    const section = reader.part('a section of a core module')
    if (id === SECTION.type) refuseCollected(section)
    if (id === SECTION.memory) {
      const limits = section.many('memories', () => readMemory(section, Math.floor(memoryMaxBytes / PAGE_BYTES)))
      memories += limits.length
      parts.push(writeSection(id, limits))
    } else if (id === SECTION.table) {
      const limits = section.many('tables', () => readTable(section))
      tables += limits.length
      parts.push(writeSection(id, limits))
    } else {
      parts.push(bytes.subarray(start, reader.offset))
    }
  }
  return { bytes: concat(parts), memories, tables }
}

function readMemory(section: BinaryReader, maximumPages: number): number[] {
  const flags = section.byte('limits of a memory')
  if ((flags & 0b010) !== 0) throw new ComponentError({ code: 'shared-memory' })
  if ((flags & 0b100) !== 0) throw new ComponentError({ code: 'memory-64' })
  if (flags > 1) throw section.unsupported(`a memory with the flags ${hex(flags)}`)
  const minimum = section.u32('minimum of a memory')
  const declared = flags === 1 ? section.u32('maximum of a memory') : maximumPages
  if (minimum > maximumPages) {
    throw new ComponentError({
      code: 'memory-minimum',
      minimumBytes: minimum * PAGE_BYTES,
      maximumBytes: maximumPages * PAGE_BYTES,
    })
  }
  return [1, ...leb(minimum), ...leb(Math.min(declared, maximumPages))]
}

function readTable(section: BinaryReader): number[] {
  const type = section.byte('type of a table')
  if (type !== 0x70 && type !== 0x6f) throw section.unsupported(`a table of the type ${hex(type)}`)
  const flags = section.byte('limits of a table')
  if (flags > 1) throw section.unsupported(`a table with the flags ${hex(flags)}`)
  const minimum = section.u32('minimum of a table')
  const declared = flags === 1 ? section.u32('maximum of a table') : TABLE_ENTRIES_MAX
  if (minimum > TABLE_ENTRIES_MAX) {
    throw new ComponentError({ code: 'too-many', what: 'table entries', count: minimum, maximum: TABLE_ENTRIES_MAX })
  }
  return [type, 1, ...leb(minimum), ...leb(Math.min(declared, TABLE_ENTRIES_MAX))]
}

const NUMBER_TYPES = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b])
/** References to functions, to values of the host, and to exceptions. */
const REFERENCE_TYPES = new Set([0x70, 0x6f, 0x69])

/** Function types are all a module may declare: structs and arrays live where no limit of ours counts them. */
function refuseCollected(section: BinaryReader): void {
  section.many('types of a core module', () => {
    const form = section.byte('a type of a core module')
    if (form !== 0x60) throw section.unsupported(`garbage-collected types (${hex(form)})`)
    for (const what of ['parameters', 'results']) {
      section.many(what, () => {
        const type = section.byte(what)
        if (!NUMBER_TYPES.has(type) && !REFERENCE_TYPES.has(type)) {
          throw section.unsupported(`the core value type ${hex(type)}`)
        }
      })
    }
  })
}

function writeSection(id: number, items: readonly number[][]): Uint8Array {
  const body = [...leb(items.length), ...items.flat()]
  return Uint8Array.from([id, ...leb(body.length), ...body])
}

function leb(value: number): number[] {
  const out: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest]
    out.push((rest % 128) + 128)
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
