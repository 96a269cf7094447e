// `npm run check`: everything but the tests that a change must pass, the same here and in CI.
import { npmScript } from './cli/npm-script.ts'
import { printSummary, runStep, type StepResult } from './run-step.ts'

npmScript('npm run check', 'Runs everything but the tests that a change must pass, the same here and in CI.').parse()

const steps: ReadonlyArray<readonly [name: string, ...command: string[]]> = [
  ['format', 'prettier', '--check', '--log-level=warn', '.'],
  ['lint, boundaries and cycles', 'oxlint', '--type-aware', '--deny-warnings'],
  ['lint of contracts', 'solhint', '--max-warnings', '0', 'contracts/**/*.sol'],
  ['types', 'tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['types of pages', 'tsc', '--noEmit', '-p', 'tsconfig.pages.json'],
  ['generated ABIs and bytecode', 'node', 'scripts/generate-abi.ts', '--check'],
  ['generated codec hash', 'node', 'scripts/codec-hash.ts', '--check'],
  ['tests of errors and events', 'node', 'scripts/check/asserted.ts'],
  ['documents', 'node', 'scripts/check/documents.ts'],
]

const results: StepResult[] = []
for (const [name, ...command] of steps) results.push(await runStep(name, command))
printSummary(results)
if (results.some((step) => !step.ok)) process.exitCode = 1
