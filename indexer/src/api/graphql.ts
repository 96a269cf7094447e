import { getOperationAST } from 'graphql'
import { type Plugin, createSchema, createYoga } from 'graphql-yoga'
import { badInput } from './arguments.ts'
import { type ApiContext, createContext } from './context.ts'
import { renderExplorer } from './explorer.ts'
import { LIMITS, findExcess } from './limits.ts'
import { Account, Entry, Fact, Note } from './resolvers/entry.ts'
import { NodeIdentity, Router } from './resolvers/identity.ts'
import { Query } from './resolvers/query.ts'
import { typeDefs } from './type-defs.ts'

const limits: Plugin = {
  onParse({ parseFn, setParseFn }) {
    setParseFn((source, options) => parseFn(source, { ...options, maxTokens: LIMITS.tokens }))
  },
  onExecute({ args, setResultAndStopExecution }) {
    const operation = getOperationAST(args.document, args.operationName)
    const excess = operation && findExcess(args.schema, args.document, operation, args.variableValues ?? {})
    if (excess) setResultAndStopExecution({ errors: [badInput(excess, 'QUERY_TOO_LARGE')] })
  },
}

/** The GraphQL endpoint and its explorer page, which needs nothing from elsewhere. */
export const yoga = createYoga<object, ApiContext>({
  graphqlEndpoint: '/graphql',
  schema: createSchema<ApiContext>({
    typeDefs,
    resolvers: { Query, Entry, Note, Fact, Account, NodeIdentity, Router },
  }),
  context: createContext,
  plugins: [limits],
  parserAndValidationCache: true,
  landingPage: false,
  graphiql: { title: 'Hyperware', defaultEditorToolsVisibility: false },
  renderGraphiQL: renderExplorer,
  maskedErrors: { errorMessage: 'The index could not answer; its log says why' },
})
