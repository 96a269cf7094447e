// `npm test`: contracts, then quick tests, then the journeys, which need the machine to themselves.
// `npm test -- test/node/protocol` runs only the TypeScript tests found there.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { npmScript } from './cli/npm-script.ts'
import { printSummary, runStep, type StepResult } from './run-step.ts'

type Counts = { passed: number; failed: number }

const filters = npmScript('npm test --', 'Runs the tests: of contracts, then of everything else, then the journeys.')
  .argument('[path...]', 'run only the TypeScript tests whose path has one of these in it, such as test/node/protocol')
  .addHelpText('after', '\nOptions of vitest: npx vitest run --help')
  .parse().args
const scratch = mkdtempSync(join(tmpdir(), 'hyperware-test-'))
const results: StepResult[] = []
const totals: Counts = { passed: 0, failed: 0 }

function count({ passed, failed }: Counts): void {
  totals.passed += passed
  totals.failed += failed
}

/** Hardhat closes with lines such as `  12 passing` and `  1 failing`. */
function hardhatCounts(output: string): Counts {
  const last = (word: string) => Number([...output.matchAll(new RegExp(`(\\d+) ${word}`, 'g'))].at(-1)?.[1] ?? 0)
  return { passed: last('passing'), failed: last('failing') }
}

async function runVitest(project: string): Promise<void> {
  const report = join(scratch, `${project}.json`)
  const step = await runStep(`${project} tests`, [
    'vitest',
    'run',
    `--project=${project}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...(filters.length > 0 ? ['--passWithNoTests', ...filters] : []),
  ])
  results.push(step)
  if (!existsSync(report)) return
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>
  count({ passed: numPassedTests ?? 0, failed: numFailedTests ?? 0 })
}

if (filters.length === 0) {
  const contracts = await runStep('contract tests', ['hardhat', 'test', 'solidity'])
  results.push(contracts)
  count(hardhatCounts(contracts.output))
}
await runVitest('unit')
await runVitest('journeys')
rmSync(scratch, { recursive: true, force: true })

printSummary(results)
console.log(`\n${totals.passed} passed, ${totals.failed} failed`)
if (filters.length > 0 && totals.passed + totals.failed === 0) {
  console.error(`Cannot run tests: no TypeScript test has ${filters.map((filter) => `"${filter}"`).join(' or ')} in its path
Hint: expected part of the path of a test, such as test/node/protocol`)
}
if (results.some((step) => !step.ok) || totals.passed === 0) process.exitCode = 1
