import { createRequire } from 'node:module'
import { checkedSource, type Edit } from './sources.ts'

/** A node of solc's syntax tree. Which fields it has, `nodeType` says. */
export type Node = {
  id: number
  nodeType: string
  name: string
  src: string
  operator: string
  value: Node | string | null
  kind: string
  hexValue: string
  constant: boolean
  storageLocation: string
  memberName: string
  referencedDeclaration: number
  typeDescriptions: { typeString: string }
  commonType: { typeString: string }
  externalReferences: Array<{ declaration: number; src: string; suffix?: string }>
  AST: Node
  functionName: Node
  nodes: Node[]
  statements: Node[]
  declarations: Array<Node | null>
  components: Node[]
  arguments: Node[]
  variableNames: Node[]
  parameters: { parameters: Node[] }
  returnParameters: { parameters: Node[] }
  body: Node | null
  trueBody: Node
  falseBody?: Node | null
  initialValue: Node | null
  initializationExpression: Node | null
  condition: Node
  loopExpression: Node
  expression: Node
  subExpression: Node
  leftExpression: Node
  rightExpression: Node
  leftHandSide: Node
  rightHandSide: Node
  trueExpression: Node
  falseExpression: Node
  baseExpression: Node
  indexExpression: Node
}

type Output = { errors?: Array<{ severity: string; formattedMessage: string }>; sources: Record<string, { ast: Node }> }

const solc = createRequire(import.meta.url)('solc') as {
  compile: (input: string, callbacks: { import: (path: string) => { contents: string } }) => string
}

/** What a contract's file and those it imports declare, by id, and its function `name`. Throws when that is not there. */
export function parseContract(
  file: string,
  contract: string,
  name: string,
  edits: readonly Edit[],
): { declarations: ReadonlyMap<number, Node>; start: Node } {
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: checkedSource(file, edits) } },
    settings: { outputSelection: { '*': { '': ['ast'] } } },
  }
  const callbacks = { import: (path: string) => ({ contents: checkedSource(path, edits) }) }
  const { errors = [], sources } = JSON.parse(solc.compile(JSON.stringify(input), callbacks)) as Output
  const failure = errors.find(({ severity }) => severity === 'error')
  if (failure) throw new Error(`Cannot check ${contract} of ${file}: ${failure.formattedMessage}`)
  const contracts = Object.values(sources).flatMap(({ ast }) =>
    ast.nodes.filter(({ nodeType }) => nodeType === 'ContractDefinition'),
  )
  const declarations = new Map(contracts.flatMap(({ nodes }) => nodes.map((node) => [node.id, node] as const)))
  const start = contracts.find((node) => node.name === contract)?.nodes.find((node) => node.name === name)
  if (start === undefined) throw new Error(`Cannot check ${contract} of ${file}: expected a function ${name}`)
  return { declarations, start }
}
