import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Every error and event that a contract declares must be asserted by a test under its full name: `expectRevert` with
 * `Owner.Name.selector`, or `expectEmit` with `emit Owner.Name(...)` or its selector. Errors whose comment says that they
 * are never raised are there for the published interface; these must not be raised.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
const NEVER_RAISED = 'never raised'

type Declaration = { kind: 'error' | 'event'; owner: string; name: string; comment: string; file: string }

function read(pattern: string): { file: string; text: string }[] {
  return globSync(pattern, { cwd: root }).map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
}

function declarationsIn({ file, text }: { file: string; text: string }): Declaration[] {
  const pattern = /^(?:abstract )?(?:contract|interface|library) (\w+)|((?:^ +\/\/\/.*\n)*)^ +(error|event) (\w+)\(/gm
  let owner = ''
  const found: Declaration[] = []
  for (const [, opened, comment = '', kind, name = ''] of text.matchAll(pattern)) {
    if (opened !== undefined) owner = opened
    if (kind === 'error' || kind === 'event') found.push({ kind, owner, name, comment, file })
  }
  return found
}

const contracts = read('contracts/**/*.sol')
// Interface.t.sol compares selectors with published ones, which says nothing of when an error is raised.
const tests = read('test/contracts/**/*.sol').filter(({ file }) => !file.endsWith('/Interface.t.sol'))
const tested = tests.map(({ text }) => text).join('\n')
const deployed = contracts.map(({ text }) => text).join('\n')

function problemOf({ kind, owner, name, comment, file }: Declaration): string | undefined {
  const raised = new RegExp(`\\b(revert|emit)\\s+(\\w+\\.)?${name}\\(|\\b${name}\\.selector`).test(deployed)
  if (comment.includes(NEVER_RAISED))
    return raised ? `${file}: ${kind} ${owner}.${name} is raised after all` : undefined
  if (!raised) return `${file}: ${kind} ${owner}.${name} is never raised, and its comment does not say so`
  const asserted = new RegExp(`\\b${owner}\\.${name}\\.selector\\b|\\bemit\\s+${owner}\\.${name}\\(`).test(tested)
  return asserted ? undefined : `${file}: no test asserts ${kind} ${owner}.${name}`
}

const declarations = contracts.flatMap(declarationsIn)
const problems = declarations.map(problemOf).filter((problem) => problem !== undefined)
for (const problem of problems) console.error(problem)
if (problems.length > 0 || declarations.length === 0) process.exitCode = 1
else console.log(`${declarations.length} errors and events, each asserted by a test`)
