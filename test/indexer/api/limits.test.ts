import { buildSchema, getIntrospectionQuery, getOperationAST, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { LIMITS, findExcess } from '../../../indexer/src/api/limits.ts'
import { typeDefs } from '../../../indexer/src/api/type-defs.ts'

const schema = buildSchema(typeDefs)

function excessOf(query: string, variables: Record<string, unknown> = {}): string | undefined {
  const document = parse(query)
  expect(validate(schema, document)).toEqual([])
  const operation = getOperationAST(document)
  if (!operation) throw new Error('Cannot find the operation of the query')
  return findExcess(schema, document, operation, variables)
}

const nested = (levels: number) => `{ entry(name: "os") ${'{ parent '.repeat(levels)}{ name }${' }'.repeat(levels)} }`

describe('queries within the limits', () => {
  test.each([
    [
      'one name with all about it',
      '{ entry(name: "foo.os") { name notes { label data } facts { label } children { name } } }',
    ],
    ['the longest list', '{ entries(first: 1000) { items { name owner } endCursor } }'],
    [
      'every node with its routers',
      '{ nodeIdentities(first: 1000) { items { name routers { name } problems { problem } entry { owner } } } }',
    ],
    ['what an explorer page asks of the schema', getIntrospectionQuery()],
    ['the deepest query', nested(LIMITS.depth - 2)],
    ['a description of types and their fields', '{ __schema { types { fields { type { fields { name } } } } } }'],
  ])('%s', (_what, query) => {
    expect(excessOf(query)).toBeUndefined()
  })
})

describe('queries beyond the limits', () => {
  const tooManyObjects =
    'Cannot answer the query: its lists could hold more than 50000 objects in all; ask with a smaller first'
  const doubling = Array.from(
    { length: 20 },
    (_, i) => `fragment F${i} on Entry { a: parent { ...F${i + 1} } b: parent { ...F${i + 1} } }`,
  )
  test.each([
    ['lists in lists', '{ entries(first: 1000) { items { children(first: 100) { name } } } }', tooManyObjects],
    [
      'a list whose length is a variable',
      'query ($n: Int) { entries(first: $n) { items { children(first: $n) { name } } } }',
      tooManyObjects,
    ],
    ['a deep query', nested(LIMITS.depth), 'Cannot answer the query: it is more than 12 fields deep'],
    [
      'many aliases',
      `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: status { block }`).join(' ')} }`,
      'Cannot answer the query: it has more than 30 aliases',
    ],
    [
      'fragments that double each other',
      `{ entry(name: "") { ...F0 } } ${doubling.join(' ')} fragment F20 on Entry { name }`,
      'Cannot answer the query: it is more than 12 fields deep',
    ],
    [
      'a description that goes round and round',
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
      'Cannot answer the query: it goes round in the description of the schema',
    ],
  ])('%s', (_what, query, why) => {
    expect(excessOf(query, { n: 300 })).toBe(why)
  })
})
