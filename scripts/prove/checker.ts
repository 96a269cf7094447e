import { createRequire } from 'node:module'
import { checkedSource, prunable, type Edit } from './sources.ts'
import { prune, reachable } from './prune.ts'
import type { Property } from './properties.ts'
import { checkWords } from './words.ts'

export type Verdict =
  | { verdict: 'proved'; checks: number }
  | { verdict: 'refuted'; detail: string }
  | { verdict: 'undecided'; detail: string }

type Imported = { contents: string } | { error: string }
type Callbacks = { import: (path: string) => Imported; smtSolver: (query: string) => { contents: string } }
type Diagnostic = { severity: string; formattedMessage: string; message: string }

const solc = createRequire(import.meta.url)('solc') as { compile: (input: string, callbacks: Callbacks) => string }

/** Decides one property, by solc's SMTChecker or bit by bit. Throws when its sources do not compile. */
export function check(property: Property, solve: (query: string) => string, edits: readonly Edit[] = []): Verdict {
  if (property.engine === 'words') return checkWords(property, solve, edits)
  return checkIntegers(property, solve, edits)
}

function checkIntegers(property: Property, solve: (query: string) => string, edits: readonly Edit[]): Verdict {
  const { file, contract, engine, targets, unwind } = property
  const modelChecker = {
    engine,
    targets,
    contracts: { [file]: [contract] },
    solvers: ['smtlib2'],
    showProvedSafe: true,
    showUnproved: true,
    timeout: 0,
    divModNoSlacks: property.divides,
    ...(engine === 'bmc' ? { bmcLoopIterations: unwind } : {}),
  }
  const content = checkedSource(file, edits)
  const input = {
    language: 'Solidity',
    sources: { [file]: { content } },
    settings: { outputSelection: {}, modelChecker },
  }
  const needed = reachable(
    contractOf(content, contract),
    prunable.map((path) => checkedSource(path, edits)),
  )
  const output = solc.compile(JSON.stringify(input), {
    import: (path) => importSource(path, edits, needed),
    smtSolver: (query) => ({ contents: solve(query) }),
  })
  return judge(property, (JSON.parse(output) as { errors?: Diagnostic[] }).errors ?? [])
}

function contractOf(source: string, name: string): string {
  const rest = source.slice(source.search(new RegExp(`^contract ${name}\\b`, 'm')))
  return rest.slice(rest.indexOf('function prove'), rest.indexOf('\n}'))
}

function importSource(path: string, edits: readonly Edit[], needed: ReadonlySet<string>): Imported {
  try {
    const contents = checkedSource(path, edits)
    return { contents: prunable.includes(path) ? prune(contents, needed) : contents }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function judge(property: Property, diagnostics: readonly Diagnostic[]): Verdict {
  const failure = diagnostics.find(({ severity }) => severity === 'error')
  if (failure) throw new Error(`Cannot check ${property.contract} of ${property.file}: ${failure.formattedMessage}`)
  const saying = (pattern: RegExp) => diagnostics.filter(({ message }) => pattern.test(message))
  const [refutation] = saying(/happens here/)
  if (refutation) return { verdict: 'refuted', detail: refutation.formattedMessage }
  const [doubt] = saying(/might happen here|Error during interaction|could not be proved/)
  if (doubt) return { verdict: 'undecided', detail: doubt.formattedMessage }
  const checks = saying(/check is safe!/).length
  // Every assertion written must have been asked about: silence proves nothing.
  if (checks >= property.assertions) return { verdict: 'proved', checks }
  return { verdict: 'undecided', detail: `${checks} of ${property.assertions} assertions were answered` }
}
