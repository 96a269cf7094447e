// `npm test`: contracts, then quick tests, then the journeys, which need the machine to themselves.
// `npm test -- test/node/protocol` runs only the TypeScript tests found there.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { npmScript } from './cli/npm-script.ts'
import { printSummary, runStep, type StepResult } from './run-step.ts'
import { hardhatReport, type TestReport, vitestReport } from './test-report.ts'

/** How many failures the summary repeats. */
const FAILURES_SHOWN = 20

const filters = npmScript('npm test --', 'Runs the tests: of contracts, then of everything else, then the journeys.')
  .argument('[path...]', 'run only the TypeScript tests whose path has one of these in it, such as test/node/protocol')
  .addHelpText('after', '\nOptions of vitest: npx vitest run --help')
  .parse().args
const scratch = mkdtempSync(join(tmpdir(), 'hyperware-test-'))
const steps: StepResult[] = []
const reports: TestReport[] = []

/** A step may fail without a failed test, by an error that belongs to none: the end of what it printed says more. */
function add(step: StepResult, { passed, failed }: TestReport): void {
  steps.push(step)
  const unexplained = !step.ok && failed.length === 0
  reports.push({ passed, failed: unexplained ? [{ name: step.name, why: step.output.trim().slice(-1_000) }] : failed })
}

async function runVitest(project: string): Promise<void> {
  const report = join(scratch, `${project}.json`)
  const command = [
    'vitest',
    'run',
    `--project=${project}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...(filters.length > 0 ? ['--passWithNoTests', ...filters] : []),
  ]
  const step = await runStep(`${project} tests`, command, { TMPDIR: scratch })
  add(step, existsSync(report) ? vitestReport(readFileSync(report, 'utf8'), process.cwd()) : { passed: 0, failed: [] })
}

if (filters.length === 0) {
  const contracts = await runStep('contract tests', ['hardhat', 'test', 'solidity'])
  add(contracts, hardhatReport(contracts.output))
}
await runVitest('unit')
await runVitest('journeys')

const passed = reports.reduce((sum, report) => sum + report.passed, 0)
const failed = reports.flatMap((report) => report.failed)
printSummary(steps)
if (failed.length > 0) console.log()
for (const { name, why } of failed.slice(0, FAILURES_SHOWN)) console.log(`FAILED  ${name}\n        ${why}`)
if (failed.length > FAILURES_SHOWN) console.log(`        and ${failed.length - FAILURES_SHOWN} more, above`)
console.log(`\n${passed} passed, ${failed.length} failed`)
if (filters.length > 0 && passed + failed.length === 0) {
  console.error(`Cannot run tests: no TypeScript test has ${filters.map((filter) => `"${filter}"`).join(' or ')} in its path
Hint: expected part of the path of a test, such as test/node/protocol`)
}
if (steps.some((step) => !step.ok) || passed === 0) process.exitCode = 1
// Last, and patiently: what a test that failed has left running may still write there.
rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
