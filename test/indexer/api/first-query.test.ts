import { buildSchema, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { FIRST_QUERY } from '../../../indexer/src/api/first-query.ts'
import { typeDefs } from '../../../indexer/src/api/type-defs.ts'

test('the explorer page opens with a query that the schema takes', () => {
  expect(validate(buildSchema(typeDefs), parse(FIRST_QUERY))).toEqual([])
})
