// `npm run coverage`: runs the Solidity tests with reports of what ran, prints lines and branches of every contract, and
// fails when one of either was not reached. `npm run coverage -- test/contracts/hypermap/Mint.t.sol` runs those tests only.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npmScript } from './cli/npm-script.ts'
import type { Outcome } from './branches/instrument.ts'
import { runStep } from './run-step.ts'

type Count = { reached: number; all: number }
type FileReport = { lines: Count; branches: Count; missing: { line: number; what: string }[] }

const { args } = npmScript(
  'npm run coverage --',
  'Runs the Solidity tests, and fails unless they reach every line and both outcomes of every branch.',
)
  .argument('[test...]', 'files of tests to run instead of all, such as test/contracts/hypermap/Mint.t.sol')
  .parse()

const root = fileURLToPath(new URL('..', import.meta.url))
const config = ['--config', 'scripts/branches/hardhat.config.ts']

const tests = await runStep('coverage', ['hardhat', ...config, 'test', 'solidity', '--coverage', ...args])
const reports = readReports()
printReports(reports)
const complete = reports.size > 0 && [...reports.values()].every(({ missing }) => missing.length === 0)
if (!tests.ok || !complete) process.exitCode = 1

function readReports(): Map<string, FileReport> {
  const found = new Map<string, FileReport>()
  const reportOf = (file: string): FileReport => {
    const report = found.get(file) ?? { lines: { reached: 0, all: 0 }, branches: { reached: 0, all: 0 }, missing: [] }
    found.set(file, report)
    return report
  }
  for (const section of read('coverage/lcov.info').split('end_of_record')) {
    const file = /^SF:(.+)$/m.exec(section)?.[1]
    if (file === undefined) continue
    for (const [, line = '', hits] of section.matchAll(/^DA:(\d+),(\d+)$/gm)) {
      note(reportOf(file), 'lines', hits !== '0', { line: Number(line), what: 'the line' })
    }
  }
  const seen = readTags()
  for (const { file, line, text, went, tag } of JSON.parse(read('coverage/outcomes.json')) as Outcome[]) {
    note(reportOf(file), 'branches', seen.has(tag), { line, what: `${went}: ${text}` })
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function note(
  report: FileReport,
  kind: 'lines' | 'branches',
  reached: boolean,
  place: { line: number; what: string },
): void {
  report[kind].all++
  if (reached) report[kind].reached++
  else report.missing.push(place)
}

/** What Hardhat's runner was told, a file of tags with their counts per worker. */
function readTags(): Set<string> {
  const folder = join('coverage', 'data', 'solidity')
  return new Set(readdirSync(join(root, folder)).flatMap((file) => Object.keys(JSON.parse(read(join(folder, file))))))
}

function printReports(reports: ReadonlyMap<string, FileReport>): void {
  const width = Math.max(0, ...[...reports.keys()].map((file) => file.length))
  const total = { lines: { reached: 0, all: 0 }, branches: { reached: 0, all: 0 } }
  console.log(`\n${''.padEnd(width)}           lines        branches`)
  for (const [file, { lines, branches, missing }] of reports) {
    printRow(file.padEnd(width), lines, branches)
    for (const { line, what } of missing) console.log(`    ${file}:${line}  not reached, ${what}`)
    for (const [sum, count] of [
      [total.lines, lines],
      [total.branches, branches],
    ] as const) {
      sum.reached += count.reached
      sum.all += count.all
    }
  }
  printRow('all'.padEnd(width), total.lines, total.branches)
}

function printRow(name: string, ...counts: Count[]): void {
  const cells = counts.map(({ reached, all }) => {
    const share = all === 0 ? '100' : ((100 * reached) / all).toFixed(reached === all ? 0 : 2)
    return `${`${share} %`.padStart(8)} of ${String(all).padStart(4)}`
  })
  console.log([name, ...cells].join('  '))
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
