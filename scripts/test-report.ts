import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** A test that did not pass, or a file of tests that could not be loaded, and the first line of why. */
export type FailedTest = { name: string; why: string }
export type TestReport = { passed: number; failed: readonly FailedTest[] }

/** The part of vitest's JSON report that is read here. */
type VitestReport = {
  numPassedTests: number
  testResults: readonly {
    name: string
    status: string
    message: string
    assertionResults: readonly { fullName: string; status: string; failureMessages: readonly string[] }[]
  }[]
}

/**
 * What a run of vitest says in its JSON report: how many tests passed, and each that failed with its file.
 * A file that failed with no failed test in it (it threw while it was loaded, or in a hook) counts as one.
 */
export function vitestReport(json: string, root: string): TestReport {
  const { numPassedTests, testResults } = JSON.parse(json) as VitestReport
  const failed = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name)
    const tests = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({ name: `${file}: ${test.fullName}`, why: firstLine(test.failureMessages[0]) }))
    return tests.length === 0 && status === 'failed' ? [{ name: file, why: firstLine(message) }] : tests
  })
  return { passed: numPassedTests, failed }
}

/**
 * What `hardhat test` says at the end of its output: `  12 passing`, and of each test that failed `  1) Suite#name` with a line of
 * why below it.
 */
export function hardhatReport(output: string): TestReport {
  const plain = stripVTControlCharacters(output)
  const failed = [...plain.matchAll(/^ {2}\d+\) (.+#.+)\n +(.+)$/gm)].map(([, name = '', why = '']) => ({ name, why }))
  return { passed: Number(plain.match(/^ {2}(\d+) passing/m)?.[1] ?? 0), failed }
}

function firstLine(text: string | undefined): string {
  return (
    stripVTControlCharacters(text ?? '')
      .trim()
      .split('\n')[0] ?? ''
  )
}
