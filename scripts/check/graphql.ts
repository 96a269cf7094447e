import { buildSchema, parse, validate } from 'graphql'
import type { CodeBlock } from './code-blocks.ts'
import { typeDefs } from '../../indexer/src/api/type-defs.ts'

/** Queries that the indexer's schema refuses. */
export function findGraphqlFaults(blocks: readonly CodeBlock[]): string[] {
  const schema = buildSchema(typeDefs)
  return blocks.flatMap(({ where, text }) => {
    try {
      return validate(schema, parse(text)).map((error) => `${where}: ${error.message}`)
    } catch (error) {
      return [`${where}: ${error instanceof Error ? error.message : String(error)}`]
    }
  })
}
