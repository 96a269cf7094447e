// Runs what the Markdown pages show: TypeScript compiles, GraphQL fits the schema, JSON parses, commands and their
// options exist, links lead somewhere. Prints one line per fault.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { codeBlocks, type CodeBlock } from './code-blocks.ts'
import { findCommandFaults } from './commands.ts'
import { findGraphqlFaults } from './graphql.ts'
import { findLinkFaults } from './links.ts'

const snippetFolder = 'cache/documents'

function trackedPages(): string[] {
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    encoding: 'utf8',
  })
  if (listed.status !== 0) throw new Error(`Cannot list the Markdown pages: ${listed.stderr}`)
  return listed.stdout.split('\n').filter((file) => file !== '')
}

function findJsonFaults(blocks: readonly CodeBlock[]): string[] {
  return blocks.flatMap(({ where, text }) => {
    try {
      JSON.parse(text)
      return []
    } catch (error) {
      return [`${where}: not JSON: ${error instanceof Error ? error.message : String(error)}`]
    }
  })
}

/** Compiles each snippet as a module of its own, under the project's own flags. */
function findTypeScriptFaults(blocks: readonly CodeBlock[]): string[] {
  if (blocks.length === 0) return []
  rmSync(snippetFolder, { recursive: true, force: true })
  mkdirSync(snippetFolder, { recursive: true })
  blocks.forEach(({ where, text }, index) => {
    writeFileSync(`${snippetFolder}/snippet-${index}.ts`, `// ${where}\n${text}\nexport {}\n`)
  })
  writeFileSync(
    `${snippetFolder}/tsconfig.json`,
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: { noUnusedLocals: false },
      include: ['*.ts'],
      exclude: [],
    }),
  )
  const result = spawnSync('tsc', ['--noEmit', '--pretty', 'false', '-p', snippetFolder], { encoding: 'utf8' })
  if (result.status === 0) return []
  const lines = result.stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) =>
    line.replace(/^cache\/documents\/snippet-(\d+)\.ts/, (_, index) => blocks[Number(index)]?.where ?? ''),
  )
}

const pages = trackedPages().map((file) => ({ file, text: readFileSync(file, 'utf8') }))
const blocks = pages.flatMap(({ file, text }) => codeBlocks(file, text))
const inLanguage = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language))
const faults = [
  ...findJsonFaults(inLanguage('json')),
  ...findTypeScriptFaults(inLanguage('ts', 'typescript')),
  ...findGraphqlFaults(inLanguage('graphql')),
  ...findCommandFaults(inLanguage('sh', 'shell', 'bash')),
  ...pages.flatMap(({ file, text }) => findLinkFaults(file, text)),
]
for (const fault of faults) console.error(fault)
console.log(`${pages.length} pages, ${blocks.length} code blocks, ${faults.length} faults`)
if (faults.length > 0) process.exitCode = 1
