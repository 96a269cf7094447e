// `npm run prove`: decides every property of `test/proofs` for all inputs, with z3: by solc's SMTChecker, and
// bit by bit where bits are moved. `npm run prove -- Blend` decides those whose contract's name has `Blend` in it;
// `--mutate` breaks the contracts one line at a time instead, and expects that a proof fails each time; `--timeout 60`
// allows z3 60 seconds per question.
import { npmScript } from './cli/npm-script.ts'
import { integerArgument } from './cli/options.ts'
import { check } from './prove/checker.ts'
import { mutants } from './prove/mutants.ts'
import { listProperties, type Property } from './prove/properties.ts'
import { createSolver, ensureSolver } from './prove/solver.ts'
import { checkedSource } from './prove/sources.ts'

const program = npmScript('npm run prove --', 'Decides every property of test/proofs for all inputs, with z3.')
  .argument('[contract...]', 'only those whose contract has all of these in its name')
  .option('--mutate', 'break the contracts one line at a time, and expect that a proof fails each time')
  .option('--timeout <seconds>', 'how long z3 may take for one question', integerArgument(1, 86_400), 120)
  .parse()
const { mutate: mutating, timeout } = program.opts<{ mutate?: true; timeout: number }>()
const positionals = program.args

ensureSolver()
const { solve, close } = createSolver(timeout)
const properties = listProperties()
let bad = 0
try {
  if (mutating) mutate()
  else prove(properties.filter(({ contract }) => positionals.every((part) => contract.includes(part))))
} finally {
  close()
}
if (bad > 0) process.exitCode = 1

function prove(chosen: readonly Property[]): void {
  if (chosen.length === 0) {
    console.error(`Cannot prove "${positionals.join(' ')}": no contract of that name in test/proofs`)
    bad = 1
  }
  for (const property of chosen) {
    const startedAt = performance.now()
    const result = check(property, solve)
    const vacuous = result.verdict === 'proved' && isVacuous(property)
    const took = (performance.now() - startedAt) / 1000
    print(vacuous ? 'VACUOUS' : result.verdict, took, property.contract, property.title)
    if (result.verdict === 'proved' && !vacuous) continue
    ++bad
    if (result.verdict !== 'proved') console.log(indent(result.detail))
    else console.log(indent('No input gets past the premises, so nothing was proved'))
  }
  console.log(`\n${chosen.length - bad} of ${chosen.length} properties proved`)
}

/** Whether even `assert(false)` would hold at the end of the property's function: then no input gets there. */
function isVacuous(property: Property): boolean {
  const { file, contract } = property
  const source = checkedSource(file)
  const start = source.search(new RegExp(`^contract ${contract}\\b`, 'm'))
  const stated = source.slice(start, source.indexOf('\n}', start))
  const end = stated.lastIndexOf('\n    }')
  const broken = { path: file, from: stated, to: `${stated.slice(0, end)}\n        assert(false);${stated.slice(end)}` }
  const falsehood = { ...property, targets: ['assert'], assertions: property.assertions + 1 }
  return check(falsehood, solve, [broken]).verdict === 'proved'
}

function mutate(): void {
  const chosen = mutants.filter(({ contract }) => positionals.every((part) => contract.includes(part)))
  for (const { contract, ...edit } of chosen) {
    const startedAt = performance.now()
    const property = properties.find((candidate) => candidate.contract === contract)
    if (property === undefined) throw new Error(`Cannot break ${edit.path} for "${contract}": there is no such proof`)
    const { verdict } = check(property, solve, [edit])
    if (verdict !== 'refuted') ++bad
    print(verdict, (performance.now() - startedAt) / 1000, contract, `${edit.from}  ->  ${edit.to}`)
  }
  console.log(`\n${chosen.length - bad} of ${chosen.length} mutants refuted`)
}

function print(verdict: string, took: number, contract: string, text: string): void {
  console.log(`${verdict.padEnd(9)} ${took.toFixed(1).padStart(6)} s  ${contract}: ${text.replaceAll(/\s+/g, ' ')}`)
}

function indent(text: string): string {
  return text.trim().replaceAll(/^/gm, '    ')
}
