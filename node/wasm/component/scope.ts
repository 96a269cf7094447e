import { type BinaryReader, hex } from './binary.ts'
import type { CanonOptions, CoreItem } from './plan.ts'
import type { FunctionShape } from './shape-match.ts'
import { type DeclaredType, type TypeScope, addType, readTypeIndex } from './types.ts'

/** A function of a component: of the host, or of one of its core modules. */
export type FunctionItem =
  | { readonly kind: 'host'; readonly interface: string; readonly function: string }
  | ({ readonly kind: 'lifted'; readonly function: CoreItem; readonly shape: FunctionShape } & CanonOptions)

export type Item =
  | { readonly sort: 'function'; readonly function: FunctionItem }
  | { readonly sort: 'instance'; readonly exports: ReadonlyMap<string, Item> }
  | { readonly sort: 'type'; readonly type: DeclaredType }
  | { readonly sort: 'component'; readonly component: NestedComponent }
  | { readonly sort: 'module'; readonly module: number }

/** A component inside another: its bytes, and the scope it is written in. */
export type NestedComponent = { readonly start: number; readonly end: number; readonly outer: Scope | undefined }

/** The index spaces of one instance of a component. */
export type Scope = TypeScope & {
  readonly outer: Scope | undefined
  readonly functions: FunctionItem[]
  readonly instances: ReadonlyMap<string, Item>[]
  readonly components: NestedComponent[]
  readonly modules: number[]
  readonly core: {
    readonly functions: CoreItem[]
    readonly tables: CoreItem[]
    readonly memories: CoreItem[]
    readonly globals: CoreItem[]
    /** Indices into the plan. */
    readonly instances: number[]
  }
}

export function pick<T>(reader: BinaryReader, space: readonly T[], what: string): T {
  const index = reader.u32(`the index of a ${what}`)
  const found = space[index]
  if (found === undefined) throw reader.malformed(`the ${what} ${index}`, `one of ${space.length}`)
  return found
}

export function coreSpace(reader: BinaryReader, scope: Scope, sort: number): CoreItem[] {
  switch (sort) {
    case 0x00:
      return scope.core.functions
    case 0x01:
      return scope.core.tables
    case 0x02:
      return scope.core.memories
    case 0x03:
      return scope.core.globals
    default:
      throw reader.unsupported(`core items of the sort ${hex(sort)}`)
  }
}

export function readOuterScope(reader: BinaryReader, scope: Scope): Scope {
  const count = reader.u32('an alias')
  let found: Scope | undefined = scope
  for (let at = 0; at < count && found !== undefined; at++) found = found.outer
  if (found === undefined) throw reader.malformed(`an alias ${count} components outward`, 'fewer')
  return found
}

/** A sort and an index. */
export function readItem(reader: BinaryReader, scope: Scope): Item {
  const sort = reader.byte('an item')
  switch (sort) {
    case 0x00:
      if (reader.byte('an item') !== 0x11) throw reader.unsupported('core items between components')
      return { sort: 'module', module: pick(reader, scope.modules, 'core module') }
    case 0x01:
      return { sort: 'function', function: pick(reader, scope.functions, 'function') }
    case 0x03:
      return { sort: 'type', type: readTypeIndex(reader, scope) }
    case 0x04:
      return { sort: 'component', component: pick(reader, scope.components, 'component') }
    case 0x05:
      return { sort: 'instance', exports: pick(reader, scope.instances, 'instance') }
    default:
      throw reader.unsupported(`items of the sort ${hex(sort)}`)
  }
}

export function addItem(reader: BinaryReader, scope: Scope, item: Item): void {
  switch (item.sort) {
    case 'function':
      scope.functions.push(item.function)
      return
    case 'instance':
      scope.instances.push(item.exports)
      return
    case 'type':
      return addType(reader, scope, item.type)
    case 'component':
      scope.components.push(item.component)
      return
    case 'module':
      scope.modules.push(item.module)
  }
}
