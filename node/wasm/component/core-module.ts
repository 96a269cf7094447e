import { countOf } from '@hyperware/protocol'
import { askingTable, askingTypes } from './ask-to-grow.ts'
import { BinaryReader, concat, hex, leb } from './binary.ts'
import { cutBulk, PIECEWISE_TYPE } from './cut-bulk.ts'
import { bound, type Declare, type Declared } from './declared.ts'
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
  start: 8,
  element: 9,
  code: 10,
  data: 11,
} as const
/** What stands before the tables, and before the exports; tags stand behind memories. */
const BEFORE_TABLES: ReadonlySet<number> = new Set([1, 2, 3])
const BEFORE_EXPORTS: ReadonlySet<number> = new Set([...BEFORE_TABLES, 4, 5, 6, 13])

/** Parameters of one function type, and results: more than these the engine does not take. */
const PARAMETERS_MAX = 1_000

type Limits = { readonly minimum: number; readonly maximum: number | undefined }
type Table = Limits & { readonly type: number }

/** What a core module declares of its own: what instances of it will take, and what is needed to write it anew. */
export type CoreModule = {
  readonly head: Uint8Array
  readonly sections: readonly { readonly id: number; readonly body: BinaryReader }[]
  readonly memories: readonly Limits[]
  readonly tables: readonly Table[]
  /** The size of what fills its tables. */
  readonly elementBytes: number
  readonly types: number
  /** Imported ones included. */
  readonly functions: number
  /** How many memories and tables are imported. Those are its own that follow. */
  readonly importedMemories: number
  readonly importedTables: number
  /** The memories that are exported, by index, and the exports whose names are like those that `exportsOfHidden` gives. */
  readonly shown: { readonly memories: ReadonlySet<number>; readonly names: ReadonlySet<string> }
}

/** How a module is read and written: with bounds on what it declares, and with turns for others, which `rest` gives. */
export type Reading = { readonly declare: Declare; readonly rest: () => Promise<void> }

/** @throws ComponentError */
export async function readCoreModule(module: BinaryReader, { declare, rest }: Reading): Promise<CoreModule> {
  const { bytes, end, offset } = module
  const reader = new BinaryReader(bytes, Math.min(offset + HEAD_BYTES, end), end)
  const head = bytes.subarray(offset, reader.offset)
  const sections: { id: number; body: BinaryReader }[] = []
  const memories: Limits[] = []
  const tables: Table[] = []
  const shown = { memories: new Set<number>(), names: new Set<string>() }
  let [elementBytes, types, functions, ownFunctions, importedMemories, importedTables] = [0, 0, 0, 0, 0, 0]
  while (!reader.done) {
    declare('sections', 1)
    await rest()
    const id = reader.byte('a section of a core module')
    const body = reader.part('a section of a core module')
    sections.push({ id, body })
    await readSection(id, new BinaryReader(bytes, body.offset, body.end))
  }

  async function readSection(id: number, section: BinaryReader): Promise<void> {
    /** Reads a list, each item of which takes `leastBytes` at least. */
    const each = async (what: Declared, leastBytes: number, read: () => void): Promise<number> => {
      const count = announced(what, leastBytes)
      for (let left = count; left > 0; left -= 1) {
        read()
        await rest()
      }
      return count
    }
    const announced = (what: Declared, leastBytes: number): number => {
      const count = section.count(what, leastBytes)
      declare(what, count)
      return count
    }
    switch (id) {
      case SECTION.type:
        types += await each('types', 3, () => readType(section))
        return
      case SECTION.import:
        await each('imports', 4, () => {
          const kind = readImport(section, { types, declare })
          if (kind === IMPORT.function) functions += 1
          if (kind === IMPORT.table) importedTables += 1
          if (kind === IMPORT.memory) importedMemories += 1
        })
        return
      case SECTION.function:
        ownFunctions += await each('functions', 1, () => readTypeOfFunction(section, types))
        return
      case SECTION.table:
        await each('tables', 3, () => tables.push(readTable(section)))
        return
      case SECTION.memory:
        await each('memories', 2, () => memories.push(readMemory(section)))
        return
      case SECTION.global:
        announced('globals', 4)
        return
      case SECTION.export:
        await each('exports', 3, () => readExport(section, shown, declare))
        return
      case SECTION.element:
        elementBytes += section.end - section.offset
        announced('lists of table elements', 3)
        return
      case SECTION.code:
        expectBodies(section, ownFunctions)
        return
      case SECTION.data:
        announced('pieces of data', 2)
    }
  }
  functions += ownFunctions
  const imported = { importedMemories, importedTables }
  return { head, sections, memories, tables, elementBytes, types, functions, ...imported, shown }
}

/** The maximum of each of its memories, in pages, and of each of its tables, in entries. */
export type Maxima = { readonly memories: readonly number[]; readonly tables: readonly number[] }

/** What the host has to do with an instance of a module that may grow: the names are those of exports, and nobody else's. */
export type GrowingModule = {
  /** Its table for `askingFunction`. */
  readonly table: string
  /** Its start function, which is not called by the engine, since that would be before the table is filled. */
  readonly start: string | undefined
}

export type WrittenModule = { readonly bytes: Uint8Array; readonly growing: GrowingModule | undefined }

/**
 * Writes the module with these maxima, with pieces for whatever writes any number of bytes at once, with a question before
 * it grows, and with every memory of its own exported. The rest is untouched.
 */
export async function writeCoreModule(module: CoreModule, maxima: Maxima, reading: Reading): Promise<WrittenModule> {
  const { sections, memories, tables } = module
  const code = sections.find(({ id }) => id === SECTION.code)?.body
  const asking = { type: module.types + OWN_TYPES.asking, table: module.importedTables + tables.length }
  const counts = { functions: module.functions, memories: module.importedMemories + memories.length, asking }
  const cut = code && (await cutBulk(new BinaryReader(code.bytes, code.offset, code.end), counts, reading))
  const appended = cut?.appended ?? []
  const asks = appended.includes('asking')
  const start = asks ? sections.find(({ id }) => id === SECTION.start)?.body : undefined
  const growing = asks ? { table: ownName(module, 'growing'), start: start && ownName(module, 'start') } : undefined
  const shown = exportsOfHidden(module)
  if (growing !== undefined) shown.push(exportOf(growing.table, IMPORT.table, leb(asking.table)))
  if (start !== undefined && growing?.start !== undefined) {
    shown.push(exportOf(growing.start, IMPORT.function, [...start.bytes.subarray(start.offset, start.end)]))
  }
  const parts = sections
    .filter(({ body }) => body !== start)
    .map(({ id, body }) => ({ id, bytes: writeSection(id, contentOf(id, body)) }))
  if (asks) insertSection(parts, SECTION.table, { behind: BEFORE_TABLES, items: [askingTable(asking)] })
  if (shown.length > 0) insertSection(parts, SECTION.export, { behind: BEFORE_EXPORTS, items: shown })

  function contentOf(id: number, body: BinaryReader): Uint8Array {
    const whole = body.bytes.subarray(body.offset, body.end)
    switch (id) {
      case SECTION.memory:
        return list(memories.map((memory, at) => writeLimits(memory, maxima.memories[at])))
      case SECTION.table: {
        const own = tables.map((table, at) => [table.type].concat(writeLimits(table, maxima.tables[at])))
        return list(asks ? [...own, askingTable(asking)] : own)
      }
      case SECTION.type:
        return appended.length === 0 ? whole : lengthened(body, [PIECEWISE_TYPE, ...askingTypes])
      case SECTION.function:
        return appended.length === 0
          ? whole
          : lengthened(
              body,
              appended.map((kind) => leb(module.types + OWN_TYPES[kind === 'asking' ? 'growing' : kind])),
            )
      case SECTION.export:
        return shown.length === 0 ? whole : lengthened(body, shown)
      case SECTION.code:
        return cut !== undefined && appended.length > 0 ? cut.code : whole
      default:
        return whole
    }
  }
  return { bytes: concat([module.head, ...parts.map(({ bytes }) => bytes)]), growing }
}

/** Where the types that are appended stand behind those of the module. */
const OWN_TYPES = { piecewise: 0, growing: 1, asking: 2 } as const

type Part = { readonly id: number; readonly bytes: Uint8Array }

/** Adds a section of these items, unless there is one, which has them then. */
function insertSection(
  parts: Part[],
  id: number,
  { behind, items }: { readonly behind: ReadonlySet<number>; readonly items: readonly (readonly number[])[] },
): void {
  if (parts.some((part) => part.id === id)) return
  const last = parts.findLastIndex((part) => behind.has(part.id))
  parts.splice(last + 1, 0, { id, bytes: writeSection(id, list(items)) })
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

function namePart(section: BinaryReader, what: string, declare: Declare): BinaryReader {
  const part = section.part(what)
  declare('bytes of names', part.end - part.offset)
  return part
}

/** A type behind those of the module would be one of ours, once they are appended (`ask-to-grow.ts`). */
function readTypeOfFunction(section: BinaryReader, types: number): void {
  const type = section.u32('the type of a function')
  if (type < types) return
  throw new ComponentError({
    code: 'malformed',
    offset: section.offset,
    found: `a function of the type ${type}`,
    expected: `one of the module's ${countOf(types, 'type')}`,
  })
}

type Importing = { readonly types: number; readonly declare: Declare }

/** Gives its kind. */
function readImport(section: BinaryReader, { types, declare }: Importing): number {
  namePart(section, 'an import', declare)
  namePart(section, 'an import', declare)
  const kind = section.byte('an import')
  switch (kind) {
    case IMPORT.function:
      readTypeOfFunction(section, types)
      return kind
    case IMPORT.table:
      readTable(section)
      return kind
    case IMPORT.memory:
      readMemory(section)
      return kind
    case IMPORT.global:
      skipType(section)
      section.byte('an import')
      return kind
    case IMPORT.tag:
      section.byte('an import')
      section.u32('an import')
      return kind
    default:
      throw section.unsupported(`a core import of the kind ${hex(kind)}`)
  }
}

const OUR_NAME = 'memory '

type Shown = { readonly memories: Set<number>; readonly names: Set<string> }

function readExport(section: BinaryReader, shown: Shown, declare: Declare): void {
  const name = namePart(section, 'the name of an export', declare).text('the name of an export')
  const kind = section.byte('an export')
  const index = section.u32('an export')
  if (kind === IMPORT.memory) shown.memories.add(index)
  if (name.startsWith(OUR_NAME)) shown.names.add(name)
}

/** Exports for the memories that have none, so that whoever makes an instance sees them all. */
function exportsOfHidden(module: CoreModule): number[][] {
  const { memories, importedMemories, shown } = module
  const hidden = memories.map((_, at) => importedMemories + at).filter((index) => !shown.memories.has(index))
  return hidden.map((index) => exportOf(ownName(module, String(index)), IMPORT.memory, leb(index)))
}

/** A name that no export of the module has. */
function ownName({ shown }: CoreModule, what: string): string {
  let name = `${OUR_NAME}${what}`
  for (let attempt = 1; shown.names.has(name); attempt += 1) name = `${OUR_NAME}${what} ${attempt}`
  return name
}

function exportOf(name: string, kind: number, index: readonly number[]): number[] {
  return [...leb(name.length), ...Buffer.from(name), kind, ...index]
}

/** One body for each function, before any of them is read. */
function expectBodies(section: BinaryReader, functions: number): void {
  const start = section.offset
  const count = section.count('functions', 3)
  if (count === functions) return
  const found = `the code of ${countOf(count, 'function')}`
  throw new ComponentError({ code: 'malformed', offset: start, found, expected: `of ${functions}, as declared` })
}

const NUMBER_TYPES = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b])
/** References to functions, to values of the host, and to exceptions. */
const REFERENCE_TYPES = new Set([0x70, 0x6f, 0x69])

/** Function types are all a module may declare: structs and arrays live where no limit of ours counts them. */
function readType(section: BinaryReader): void {
  const form = section.byte('a type of a core module')
  if (form !== 0x60) throw section.unsupported(`garbage-collected types (${hex(form)})`)
  for (const what of ['parameters', 'results']) {
    const count = section.count(what)
    bound(`${what} of a function`, count, PARAMETERS_MAX)
    for (let left = count; left > 0; left -= 1) {
      const type = section.byte(what)
      if (!NUMBER_TYPES.has(type) && !REFERENCE_TYPES.has(type)) {
        throw section.unsupported(`the core value type ${hex(type)}`)
      }
    }
  }
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
