import { createRequire } from 'node:module'
import type { SyntaxNode } from './instrument.ts'

type Compiler = { compile(input: string): string }
const solc = createRequire(import.meta.url)('solc') as Compiler

/** solc's syntax tree of one source, whose imports are not looked at. */
export function parse(source: string): SyntaxNode {
  const settings = { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } }
  const input = { language: 'Solidity', sources: { source: { content: source } }, settings }
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as { sources?: { source?: { ast?: SyntaxNode } } }
  const ast = output.sources?.source?.ast
  if (ast === undefined) throw new Error(`Cannot parse what is to be covered: ${JSON.stringify(output)}`)
  return ast
}
