import { BinaryReader, concat, hex, leb } from './binary.ts'
import { cutBulk, PIECEWISE_TYPE } from './cut-bulk.ts'
import { ComponentError } from './errors.ts'
import { skipType } from './instructions.ts'

/** The magic number and the version, which compiling checks. */
const HEAD_BYTES = 8
export const PAGE_BYTES = 65_536
const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  element: 9,
  code: 10,
} as const
/** What stands before the exports; tags stand behind memories. */
const BEFORE_EXPORTS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 13])

/** Exports of one module, which are read in one go. Real ones have a few hundred at most. */
const EXPORTS_MAX = 100_000

type Limits = { readonly minimum: number; readonly maximum: number | undefined }
type Table = Limits & { readonly type: number }

/** What a core module declares of its own: what instances of it will take, and what is needed to write it anew. */
export type CoreModule = {
  readonly head: Uint8Array
  readonly sections: readonly { readonly id: number; readonly body: BinaryReader }[]
  readonly memories: readonly Limits[]
  readonly tables: readonly Table[]
  readonly globals: number
  /** The size of what fills its tables. */
  readonly elementBytes: number
  readonly types: number
  /** Imported ones included. */
  readonly functions: number
  /** How many memories are imported. Those are its own that follow. */
  readonly importedMemories: number
  readonly exports: readonly Export[]
}

type Export = { readonly name: string; readonly kind: number; readonly index: number }

/** @throws ComponentError */
export function readCoreModule(module: BinaryReader): CoreModule {
  const { bytes, end, offset } = module
  const reader = new BinaryReader(bytes, Math.min(offset + HEAD_BYTES, end), end)
  const head = bytes.subarray(offset, reader.offset)
  const sections: { id: number; body: BinaryReader }[] = []
  let memories: Limits[] = []
  let tables: Table[] = []
  let [globals, elementBytes, types, functions, importedMemories] = [0, 0, 0, 0, 0]
  let exports: Export[] = []
  while (!reader.done) {
    const id = reader.byte('a section of a core module')
    const body = reader.part('a section of a core module')
    sections.push({ id, body })
    const section = new BinaryReader(bytes, body.offset, body.end)
    if (id === SECTION.type) types = readTypes(section)
    else if (id === SECTION.import) {
      const imported = readImports(section)
      functions += imported.functions
      importedMemories = imported.memories
    } else if (id === SECTION.function) functions += section.count('functions')
    else if (id === SECTION.table) tables = section.many('tables', () => readTable(section))
    else if (id === SECTION.memory) memories = section.many('memories', () => readMemory(section))
    else if (id === SECTION.global) globals = section.count('globals')
    else if (id === SECTION.export) exports = readExports(section)
    else if (id === SECTION.element) elementBytes = section.end - section.offset
  }
  return { head, sections, memories, tables, globals, elementBytes, types, functions, importedMemories, exports }
}

/** The maximum of each of its memories, in pages, and of each of its tables, in entries. */
export type Maxima = { readonly memories: readonly number[]; readonly tables: readonly number[] }

/**
 * Writes the module with these maxima, with pieces for whatever writes any number of bytes at once, and with every memory
 * of its own exported. The rest is untouched. Calls `rest` now and then, to give turns to others.
 */
export async function writeCoreModule(
  module: CoreModule,
  maxima: Maxima,
  rest: () => Promise<void>,
): Promise<Uint8Array> {
  const code = module.sections.find(({ id }) => id === SECTION.code)?.body
  const cut = code && (await cutBulk(new BinaryReader(code.bytes, code.offset, code.end), module.functions, rest))
  const more = cut?.appended ?? 0
  const shown = exportsOfHidden(module)
  const parts = module.sections.map(({ id, body }) => writeSection(id, contentOf(id, body)))
  if (shown.length > 0 && !module.sections.some(({ id }) => id === SECTION.export)) {
    const last = module.sections.findLastIndex(({ id }) => BEFORE_EXPORTS.has(id))
    parts.splice(last + 1, 0, writeSection(SECTION.export, list(shown)))
  }

  function contentOf(id: number, body: BinaryReader): Uint8Array {
    const whole = body.bytes.subarray(body.offset, body.end)
    switch (id) {
      case SECTION.memory:
        return list(module.memories.map((memory, at) => writeLimits(memory, maxima.memories[at])))
      case SECTION.table:
        return list(module.tables.map((table, at) => [table.type, ...writeLimits(table, maxima.tables[at])]))
      case SECTION.type:
        return more === 0 ? whole : lengthened(body, [PIECEWISE_TYPE])
      case SECTION.function:
        return more === 0
          ? whole
          : lengthened(
              body,
              Array.from({ length: more }, () => leb(module.types)),
            )
      case SECTION.export:
        return shown.length === 0 ? whole : lengthened(body, shown)
      case SECTION.code:
        return cut !== undefined && more > 0 ? cut.code : whole
      default:
        return whole
    }
  }
  return concat([module.head, ...parts])
}

function readMemory(section: BinaryReader): Limits {
  const flags = section.byte('limits of a memory')
  if ((flags & 0b010) !== 0) throw new ComponentError({ code: 'shared-memory' })
  if ((flags & 0b100) !== 0) throw new ComponentError({ code: 'memory-64' })
  if (flags > 1) throw section.unsupported(`a memory with the flags ${hex(flags)}`)
  return readLimits(section, flags, 'a memory')
}

function readTable(section: BinaryReader): Table {
  const type = section.byte('type of a table')
  if (type !== 0x70 && type !== 0x6f) throw section.unsupported(`a table of the type ${hex(type)}`)
  const flags = section.byte('limits of a table')
  if (flags > 1) throw section.unsupported(`a table with the flags ${hex(flags)}`)
  return { type, ...readLimits(section, flags, 'a table') }
}

function readLimits(section: BinaryReader, flags: number, what: string): Limits {
  const minimum = section.u32(`minimum of ${what}`)
  return { minimum, maximum: flags === 1 ? section.u32(`maximum of ${what}`) : undefined }
}

function writeLimits({ minimum }: Limits, maximum = minimum): number[] {
  return [1, ...leb(minimum), ...leb(maximum)]
}

const IMPORT = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const

function readImports(section: BinaryReader): { functions: number; memories: number } {
  let [functions, memories] = [0, 0]
  section.many('imports', () => {
    section.part('an import')
    section.part('an import')
    const kind = section.byte('an import')
    switch (kind) {
      case IMPORT.function:
        section.u32('an import')
        functions += 1
        return
      case IMPORT.table:
        readTable(section)
        return
      case IMPORT.memory:
        readMemory(section)
        memories += 1
        return
      case IMPORT.global:
        skipType(section)
        section.byte('an import')
        return
      case IMPORT.tag:
        section.byte('an import')
        section.u32('an import')
        return
      default:
        throw section.unsupported(`a core import of the kind ${hex(kind)}`)
    }
  })
  return { functions, memories }
}

function readExports(section: BinaryReader): Export[] {
  const count = section.count('exports')
  if (count > EXPORTS_MAX) throw new ComponentError({ code: 'too-many', what: 'exports', count, maximum: EXPORTS_MAX })
  return Array.from({ length: count }, () => {
    const name = section.name('the name of an export')
    const kind = section.byte('an export')
    return { name, kind, index: section.u32('an export') }
  })
}

/** Exports for the memories that have none, so that whoever makes an instance sees them all. Their names are nobody else's. */
function exportsOfHidden({ memories, importedMemories, exports }: CoreModule): number[][] {
  const shown = new Set(exports.filter(({ kind }) => kind === IMPORT.memory).map(({ index }) => index))
  const hidden = memories.map((_, at) => importedMemories + at).filter((index) => !shown.has(index))
  if (hidden.length === 0) return []
  const names = new Set(exports.map(({ name }) => name))
  return hidden.map((index) => {
    let name = `memory ${index}`
    for (let attempt = 1; names.has(name); attempt += 1) name = `memory ${index} ${attempt}`
    return [leb(name.length), [...Buffer.from(name)], [IMPORT.memory], leb(index)].flat()
  })
}

const NUMBER_TYPES = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b])
/** References to functions, to values of the host, and to exceptions. */
const REFERENCE_TYPES = new Set([0x70, 0x6f, 0x69])

/** Function types are all a module may declare: structs and arrays live where no limit of ours counts them. */
function readTypes(section: BinaryReader): number {
  const types = section.many('types of a core module', () => {
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
  return types.length
}

function list(items: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([...leb(items.length), ...items.flat()])
}

/** A list of a module with more items behind it. */
function lengthened({ bytes, offset, end }: BinaryReader, items: readonly (readonly number[])[]): Uint8Array {
  const reader = new BinaryReader(bytes, offset, end)
  const count = reader.count('a list')
  return concat([
    Uint8Array.from(leb(count + items.length)),
    bytes.subarray(reader.offset, end),
    Uint8Array.from(items.flat()),
  ])
}

function writeSection(id: number, content: Uint8Array): Uint8Array {
  return concat([Uint8Array.from([id, ...leb(content.length)]), content])
}
