import type { Field, ShapeNode } from './shape.ts'

/** A function as a component declares it. */
export type FunctionShape = { readonly params: readonly Field[]; readonly result: ShapeNode | undefined }

/** Whether a component declares a function as the host offers it. The work is bounded by the size of `offered`. */
export function sameFunction(declared: FunctionShape, offered: FunctionShape): boolean {
  return sameFields(declared.params, offered.params) && sameOptional(declared.result, offered.result)
}

function same(declared: ShapeNode, offered: ShapeNode): boolean {
  if (offered.kind === 'mapped') return same(declared, offered.inner)
  switch (declared.kind) {
    case 'list':
      return offered.kind === 'list' && same(declared.element, offered.element)
    case 'record':
      return offered.kind === 'record' && sameFields(declared.fields, offered.fields)
    case 'tuple':
      return offered.kind === 'tuple' && sameAll(declared.items, offered.items, same)
    case 'variant':
      return (
        offered.kind === 'variant' &&
        sameAll(declared.cases, offered.cases, (a, b) => a.name === b.name && sameOptional(a.shape, b.shape))
      )
    case 'enum':
    case 'flags':
      return offered.kind === declared.kind && sameAll(declared.names, offered.names, (a, b) => a === b)
    case 'option':
      return offered.kind === 'option' && same(declared.some, offered.some)
    case 'result':
      return (
        offered.kind === 'result' &&
        sameOptional(declared.ok, offered.ok) &&
        sameOptional(declared.error, offered.error)
      )
    case 'own':
    case 'borrow':
      return offered.kind === declared.kind && declared.resource === offered.resource
    default:
      return declared.kind === offered.kind
  }
}

function sameOptional(declared: ShapeNode | undefined, offered: ShapeNode | undefined): boolean {
  return declared === undefined || offered === undefined ? declared === offered : same(declared, offered)
}

function sameFields(declared: readonly Field[], offered: readonly Field[]): boolean {
  return sameAll(declared, offered, (a, b) => a.name === b.name && same(a.shape, b.shape))
}

function sameAll<A, B>(declared: readonly A[], offered: readonly B[], equal: (a: A, b: B) => boolean): boolean {
  return (
    declared.length === offered.length &&
    declared.every((item, at) => {
      const other = offered[at]
      return other !== undefined && equal(item, other)
    })
  )
}

/** For people: names and types, three levels deep. */
export function formatFunction(shape: FunctionShape): string {
  const result = shape.result === undefined ? '' : ` -> ${format(shape.result, 3)}`
  return `func(${formatFields(shape.params, 3)})${result}`
}

const SHOWN_MAX = 12

function format(shape: ShapeNode | undefined, depth: number): string {
  if (shape === undefined) return '_'
  if (shape.kind === 'mapped') return format(shape.inner, depth)
  if (depth === 0) return '…'
  switch (shape.kind) {
    case 'list':
      return `list<${format(shape.element, depth - 1)}>`
    case 'record':
      return `record { ${formatFields(shape.fields, depth - 1)} }`
    case 'tuple':
      return `tuple<${some(shape.items, (item) => format(item, depth - 1))}>`
    case 'variant':
      return `variant { ${some(shape.cases, ({ name, shape }) => (shape ? `${name}(${format(shape, depth - 1)})` : name))} }`
    case 'enum':
    case 'flags':
      return `${shape.kind} { ${some(shape.names, (name) => name)} }`
    case 'option':
      return `option<${format(shape.some, depth - 1)}>`
    case 'result':
      return `result<${format(shape.ok, depth - 1)}, ${format(shape.error, depth - 1)}>`
    case 'own':
    case 'borrow':
      return `${shape.kind}<${shape.resource}>`
    default:
      return shape.kind
  }
}

function formatFields(fields: readonly Field[], depth: number): string {
  return some(fields, ({ name, shape }) => `${name}: ${format(shape, depth)}`)
}

function some<T>(items: readonly T[], show: (item: T) => string): string {
  const shown = items.slice(0, SHOWN_MAX).map(show)
  return (items.length > SHOWN_MAX ? [...shown, '…'] : shown).join(', ')
}
