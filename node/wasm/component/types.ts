import { type BinaryReader, hex } from './binary.ts'
import { PRIMITIVES, type Case, type Field, type ShapeNode } from './shape.ts'
import type { FunctionShape } from './shape-match.ts'
import { shapeNodes } from './shape-size.ts'

/** An entry of a component's index space of types. */
export type DeclaredType =
  | { readonly sort: 'value'; readonly shape: ShapeNode }
  | { readonly sort: 'function'; readonly shape: FunctionShape }
  | { readonly sort: 'instance'; readonly exports: ReadonlyMap<string, DeclaredExport> }
  /** A resource is known by its name: those of the interfaces that this node offers all differ. */
  | { readonly sort: 'resource'; readonly name: string }
  | { readonly sort: 'component' }

export type DeclaredExport =
  | { readonly sort: 'function'; readonly shape: FunctionShape }
  | { readonly sort: 'type'; readonly type: DeclaredType }
  | { readonly sort: 'instance'; readonly exports: ReadonlyMap<string, DeclaredExport> }
  | { readonly sort: 'component' | 'module' }

/** The types that are visible somewhere: those declared there, and those around it. */
export type TypeScope = {
  readonly types: DeclaredType[]
  readonly outer: TypeScope | undefined
  /** How many scopes are around it. */
  readonly depth: number
}

const TYPES_MAX = 20_000
const DEPTH_MAX = 32

/** A type of section 7, which is added to the scope. */
export function readTypeInto(section: BinaryReader, scope: TypeScope): void {
  addType(section, scope, readType(section, scope))
}

export function addType(reader: BinaryReader, scope: TypeScope, type: DeclaredType): void {
  if (scope.types.length >= TYPES_MAX) throw reader.unsupported(`more than ${TYPES_MAX} types`)
  scope.types.push(type)
}

function readType(reader: BinaryReader, scope: TypeScope): DeclaredType {
  const form = reader.peek()
  switch (form) {
    case 0x40:
      reader.byte('a type')
      return { sort: 'function', shape: readFunction(reader, scope) }
    case 0x41:
      reader.byte('a type')
      readDeclarations(reader, scope)
      return { sort: 'component' }
    case 0x42:
      reader.byte('a type')
      return { sort: 'instance', exports: readDeclarations(reader, scope) }
    case 0x3e:
    case 0x3f:
      reader.byte('a type')
      throw reader.unsupported('resource types of its own')
    case 0x43:
      reader.byte('a type')
      throw reader.unsupported('async functions')
    default: {
      const shape = readShape(reader, scope)
      shapeNodes(shape)
      return { sort: 'value', shape }
    }
  }
}

function readFunction(reader: BinaryReader, scope: TypeScope): FunctionShape {
  const params = readFields(reader, scope, 'parameters')
  if (reader.byte('a function type') === 0x00) return { params, result: readValueType(reader, scope) }
  if (reader.byte('a function type') !== 0x00) throw reader.unsupported('functions with named results')
  return { params, result: undefined }
}

function readFields(reader: BinaryReader, scope: TypeScope, what: string): Field[] {
  let count = 0
  return reader.many(what, () => {
    const name = reader.name('a field')
    // Names come from strangers: objects here are not keyed by them.
    return { name, key: `#${count++}`, shape: readValueType(reader, scope) }
  })
}

/** A primitive type in place, or the index of a type. */
function readValueType(reader: BinaryReader, scope: TypeScope): ShapeNode {
  const primitive = readPrimitive(reader)
  if (primitive !== undefined) return primitive
  const type = readTypeIndex(reader, scope)
  if (type.sort !== 'value') throw reader.malformed(`a ${type.sort} type`, 'a value type')
  return type.shape
}

function readPrimitive(reader: BinaryReader): ShapeNode | undefined {
  const kind = PRIMITIVES[0x7f - reader.peek()]
  if (kind === undefined) return undefined
  reader.byte('a type')
  return { kind }
}

export function readTypeIndex(reader: BinaryReader, scope: TypeScope): DeclaredType {
  const index = reader.u32('the index of a type')
  const type = scope.types[index]
  if (type === undefined) throw reader.malformed(`the type ${index}`, `one of ${scope.types.length}`)
  return type
}

function readShape(reader: BinaryReader, scope: TypeScope): ShapeNode {
  const primitive = readPrimitive(reader)
  if (primitive !== undefined) return primitive
  const form = reader.byte('a type')
  const value = (): ShapeNode => readValueType(reader, scope)
  switch (form) {
    case 0x72:
      return { kind: 'record', fields: readFields(reader, scope, 'fields') }
    case 0x71:
      return { kind: 'variant', cases: reader.many('cases', () => readCase(reader, scope)) }
    case 0x70:
      return { kind: 'list', element: value() }
    case 0x6f:
      return { kind: 'tuple', items: reader.many('items', value) }
    case 0x6e:
      return { kind: 'flags', names: reader.many('flags', () => reader.name('a flag')) }
    case 0x6d:
      return { kind: 'enum', names: reader.many('cases', () => reader.name('a case')) }
    case 0x6b:
      return { kind: 'option', some: value() }
    case 0x6a: {
      const ok = readOptional(reader, value)
      return { kind: 'result', ok, error: readOptional(reader, value) }
    }
    case 0x69:
    case 0x68: {
      const type = readTypeIndex(reader, scope)
      if (type.sort !== 'resource') throw reader.malformed(`a handle to a ${type.sort} type`, 'a handle to a resource')
      return { kind: form === 0x69 ? 'own' : 'borrow', resource: type.name }
    }
    default:
      throw reader.unsupported(`the type ${hex(form)}`)
  }
}

function readCase(reader: BinaryReader, scope: TypeScope): Case {
  const name = reader.name('a case')
  const shape = readOptional(reader, () => readValueType(reader, scope))
  if (reader.byte('a case') !== 0x00) throw reader.unsupported('cases that refine others')
  return { name, shape }
}

export function readOptional<T>(reader: BinaryReader, read: () => T): T | undefined {
  const tag = reader.byte('an option')
  if (tag === 0x00) return undefined
  if (tag !== 0x01) throw reader.malformed(hex(tag), '0x00 or 0x01')
  return read()
}

/** The declarations inside an instance type or a component type: what it exports. */
function readDeclarations(reader: BinaryReader, outer: TypeScope): Map<string, DeclaredExport> {
  if (outer.depth >= DEPTH_MAX) throw reader.unsupported(`more than ${DEPTH_MAX} scopes around a type`)
  const scope: TypeScope = { types: [], outer, depth: outer.depth + 1 }
  const exports = new Map<string, DeclaredExport>()
  reader.many('declarations', () => {
    const form = reader.byte('a declaration')
    switch (form) {
      case 0x01:
        return addType(reader, scope, readType(reader, scope))
      case 0x02:
        return addType(reader, scope, readOuterTypeAlias(reader, scope))
      case 0x03: {
        const name = readExternName(reader)
        return introduce(reader, scope, readExternType(reader, scope, name))
      }
      case 0x04: {
        const name = readExternName(reader)
        const declared = readExternType(reader, scope, name)
        exports.set(name, declared)
        return introduce(reader, scope, declared)
      }
      default:
        throw reader.unsupported(`the declaration ${hex(form)}`)
    }
  })
  return exports
}

/** What is declared by name takes the next index of its sort. */
function introduce(reader: BinaryReader, scope: TypeScope, declared: DeclaredExport): void {
  if (declared.sort === 'type') addType(reader, scope, declared.type)
}

function readOuterTypeAlias(reader: BinaryReader, scope: TypeScope): DeclaredType {
  const sort = reader.byte('an alias')
  const target = reader.byte('an alias')
  if (sort !== 0x03 || target !== 0x02) throw reader.unsupported(`an alias of the sort ${hex(sort)} inside a type`)
  return readOuterType(reader, scope)
}

/** `count` scopes outward, and an index there. */
export function readOuterType(reader: BinaryReader, scope: TypeScope): DeclaredType {
  const count = reader.u32('an alias')
  let found: TypeScope | undefined = scope
  for (let at = 0; at < count && found !== undefined; at++) found = found.outer
  if (found === undefined) throw reader.malformed(`an alias ${count} components outward`, 'fewer')
  return readTypeIndex(reader, found)
}

/** The name of an import or export. */
export function readExternName(reader: BinaryReader): string {
  const form = reader.byte('a name')
  if (form > 0x01) throw reader.unsupported(`names of the form ${hex(form)}`)
  return reader.name('a name')
}

/** What an import or export is declared to be. */
export function readExternType(reader: BinaryReader, scope: TypeScope, name: string): DeclaredExport {
  const sort = reader.byte('a declared type')
  switch (sort) {
    case 0x00:
      reader.byte('a declared type')
      reader.u32('a declared type')
      return { sort: 'module' }
    case 0x01: {
      const type = readTypeIndex(reader, scope)
      if (type.sort !== 'function') throw reader.malformed(`a ${type.sort} type`, 'a function type')
      return type
    }
    case 0x03: {
      const bound = reader.byte('a declared type')
      if (bound === 0x00) return { sort: 'type', type: readTypeIndex(reader, scope) }
      if (bound === 0x01) return { sort: 'type', type: { sort: 'resource', name } }
      throw reader.malformed(hex(bound), '0x00 or 0x01')
    }
    case 0x04:
      reader.u32('a declared type')
      return { sort: 'component' }
    case 0x05: {
      const type = readTypeIndex(reader, scope)
      if (type.sort !== 'instance') throw reader.malformed(`a ${type.sort} type`, 'an instance type')
      return type
    }
    default:
      throw reader.unsupported(`an import or export of the sort ${hex(sort)}`)
  }
}
