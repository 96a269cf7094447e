import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  getNamedType,
  isInterfaceType,
  isObjectType,
} from 'graphql'

/** What one query may ask for. Far above what a page or a node asks. */
export const LIMITS = {
  /** Size of the request body, in bytes. */
  bodyBytes: 64 * 1024,
  /** Words and signs of the query text. */
  tokens: 2000,
  /** Fields within fields. */
  depth: 12,
  /** Fields renamed with an alias. */
  aliases: 30,
  /** Objects that the answer could hold, with every list as long as it was asked for. */
  objects: 50_000,
  /** Fields, counted again wherever a fragment is used. */
  fields: 2000,
} as const

// What a field without `first` can hold, for those that hold several: routers (64 at most) and problems (7 at most).
const UNSLICED_LIST_LENGTH = 8

type Walk = {
  schema: GraphQLSchema
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  variables: Readonly<Record<string, unknown>>
  fields: number
  aliases: number
  objects: number
}

type Place = { typeName: string; depth: number; times: number }

class LimitReached extends Error {}

/** Why a query, already found valid, is refused; undefined when it is within all limits. */
export function findExcess(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): string | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const walk: Walk = { schema, fragments, variables, fields: 0, aliases: 0, objects: 0 }
  try {
    visit(walk, operation.selectionSet, { typeName: 'Query', depth: 1, times: 1 })
    return undefined
  } catch (error) {
    if (error instanceof LimitReached) return error.message
    throw error
  }
}

function visit(walk: Walk, selections: SelectionSetNode, place: Place): void {
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) visitField(walk, selection, place)
    else if (selection.kind === Kind.INLINE_FRAGMENT) visit(walk, selection.selectionSet, place)
    else {
      const fragment = walk.fragments.get(selection.name.value)
      if (fragment !== undefined) visit(walk, fragment.selectionSet, place)
    }
  }
}

function visitField(walk: Walk, node: FieldNode, place: Place): void {
  walk.fields++
  if (walk.fields > LIMITS.fields) refuse(`it asks for more than ${LIMITS.fields} fields`)
  if (node.alias !== undefined) walk.aliases++
  if (walk.aliases > LIMITS.aliases) refuse(`it has more than ${LIMITS.aliases} aliases`)
  if (node.name.value.startsWith('__')) return visitIntrospection(walk, node, 0)
  if (place.depth > LIMITS.depth) refuse(`it is more than ${LIMITS.depth} fields deep`)
  if (node.selectionSet === undefined) return
  const field = fieldOf(walk.schema, place.typeName, node.name.value)
  if (field === undefined) return
  const times = place.times * lengthOf(walk, node, field)
  walk.objects += times
  if (walk.objects > LIMITS.objects) {
    refuse(`its lists could hold more than ${LIMITS.objects} objects in all; ask with a smaller first`)
  }
  // A page is one object that holds `first` items; its own fields do not multiply again.
  visit(walk, node.selectionSet, { typeName: getNamedType(field.type).name, depth: place.depth + 1, times })
}

function fieldOf(schema: GraphQLSchema, typeName: string, name: string): GraphQLField<unknown, unknown> | undefined {
  const type = schema.getType(typeName)
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
}

function lengthOf(walk: Walk, node: FieldNode, field: GraphQLField<unknown, unknown>): number {
  const first = field.args.find((argument) => argument.name === 'first')
  if (first === undefined) return isUnslicedList(field) ? UNSLICED_LIST_LENGTH : 1
  const given = node.arguments?.find((argument) => argument.name.value === 'first')?.value
  const value =
    given?.kind === Kind.INT
      ? Number(given.value)
      : given?.kind === Kind.VARIABLE
        ? (walk.variables[given.name.value] ?? first.defaultValue)
        : first.defaultValue
  return Math.max(1, Number(value))
}

function isUnslicedList(field: GraphQLField<unknown, unknown>): boolean {
  return String(field.type).startsWith('[') && field.name !== 'items'
}

const NESTING = new Set(['fields', 'interfaces', 'possibleTypes', 'inputFields', 'args', 'types'])
const NESTING_MAX = 4

/** The schema describes itself in circles, so what is bounded is how often a query goes round. */
function visitIntrospection(walk: Walk, node: FieldNode, nested: number): void {
  const depth = nested + (NESTING.has(node.name.value) ? 1 : 0)
  if (depth > NESTING_MAX) refuse('it goes round in the description of the schema')
  const pending: SelectionSetNode[] = node.selectionSet === undefined ? [] : [node.selectionSet]
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set.selections) {
      walk.fields++
      if (walk.fields > LIMITS.fields) refuse(`it asks for more than ${LIMITS.fields} fields`)
      if (selection.kind === Kind.FIELD) visitIntrospection(walk, selection, depth)
      else if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(selection.selectionSet)
      else {
        const fragment = walk.fragments.get(selection.name.value)
        if (fragment !== undefined) pending.push(fragment.selectionSet)
      }
    }
  }
}

function refuse(why: string): never {
  throw new LimitReached(`Cannot answer the query: ${why}`)
}
