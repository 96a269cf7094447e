import type { Verdict } from './checker.ts'
import { interpret } from './interpreter.ts'
import type { Property } from './properties.ts'
import type { Edit } from './sources.ts'
import { parseContract } from './syntax.ts'
import { createTerms } from './terms.ts'

/**
 * Decides one property in the theory of bit vectors, bit by bit: for what moves bits, of which the SMTChecker's integers
 * know nothing. Solidity is taken from solc's syntax tree, so a change of the contract is a change of the question.
 */
export function checkWords(property: Property, solve: (query: string) => string, edits: readonly Edit[]): Verdict {
  const terms = createTerms()
  const { declarations, start } = parseContract(property.file, property.contract, 'prove', edits)
  const { inputs, failed, reverted } = interpret(start, declarations, terms)
  const wrong = property.mayRevert ? failed : terms.or(failed, reverted)
  const values = `(get-value (${inputs.map(({ text }) => text).join(' ')}))`
  const answer = solve(
    ['(set-logic QF_ABV)', ...terms.lines, `(assert ${wrong.text})`, '(check-sat)', values, ''].join('\n'),
  )
  if (/^unsat\b/.test(answer)) return { verdict: 'proved', checks: property.assertions }
  if (/^sat\b/.test(answer)) return { verdict: 'refuted', detail: `Counterexample: ${answer.slice(4).trim()}` }
  return { verdict: 'undecided', detail: 'The solver gave no answer in time' }
}
