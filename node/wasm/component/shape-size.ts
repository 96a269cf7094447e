import type { ShapeNode } from './shape.ts'
import type { FunctionShape } from './shape-match.ts'

const sizes = new WeakMap<ShapeNode, number>()

/** How many parts a type has, each counted wherever it is used. Asked of each type as it is read, it never goes deep. */
export function shapeNodes(shape: ShapeNode): number {
  const known = sizes.get(shape)
  if (known !== undefined) return known
  const parts = partsOf(shape)
  if (parts.length === 0) return 1
  let nodes = 1
  for (const part of parts) nodes += part === undefined ? 0 : shapeNodes(part)
  sizes.set(shape, nodes)
  return nodes
}

export function functionNodes({ params, result }: FunctionShape): number {
  let nodes = result === undefined ? 0 : shapeNodes(result)
  for (const { shape } of params) nodes += shapeNodes(shape)
  return nodes
}

function partsOf(shape: ShapeNode): readonly (ShapeNode | undefined)[] {
  switch (shape.kind) {
    case 'list':
      return [shape.element]
    case 'record':
      return shape.fields.map((field) => field.shape)
    case 'tuple':
      return shape.items
    case 'variant':
      return shape.cases.map((each) => each.shape)
    case 'option':
      return [shape.some]
    case 'result':
      return [shape.ok, shape.error]
    case 'mapped':
      return [shape.inner]
    default:
      return []
  }
}
