import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { CodeBlock } from './code-blocks.ts'

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const helpTexts = new Map<string, string | undefined>()

/** What `hyperware <words> --help` prints, or undefined when there is no such command. */
function helpOf(words: readonly string[]): string | undefined {
  const key = words.join(' ')
  if (!helpTexts.has(key)) {
    const result = spawnSync('node', ['scripts/hyperware.ts', ...words, '--help'], { encoding: 'utf8' })
    helpTexts.set(key, result.status === 0 ? result.stdout : undefined)
  }
  return helpTexts.get(key)
}

/** Faults of one `hyperware` call: an unknown command, or an option that its help does not name. */
function findCallFaults(where: string, words: readonly string[]): string[] {
  const isWord = (word: string) => /^[a-z][a-z-]*$/.test(word)
  const path = words.slice(0, words.findIndex((word) => !isWord(word)) >>> 0).slice(0, 2)
  const help = helpOf(path) ?? helpOf(path.slice(0, 1))
  if (help === undefined) return [`${where}: there is no command "hyperware ${path.join(' ')}"`]
  return words
    .filter((word) => word.startsWith('--'))
    .map((word) => word.split('=')[0] ?? word)
    .filter((option) => !help.includes(option))
    .map((option) => `${where}: "hyperware ${path.join(' ')}" has no option ${option}`)
}

/** npm scripts, hyperware commands and options in shell blocks that do not exist. Other programs are not looked at. */
export function findCommandFaults(blocks: readonly CodeBlock[]): string[] {
  return blocks.flatMap(({ where, text }) =>
    text.split('\n').flatMap((line) => {
      const words = line
        .replace(/^\$ /, '')
        .replace(/\s#.*$/, '')
        .trim()
        .split(/\s+/)
      if (words[0] !== 'npm') return []
      const script = words[1] === 'run' ? words[2] : words[1]
      if (script === undefined || script === 'ci' || script === 'install') return []
      if (scripts[script] === undefined) return [`${where}: package.json has no script "${script}"`]
      const separator = words.indexOf('--')
      const rest = separator < 0 ? [] : words.slice(separator + 1)
      if (script === 'hyperware') return findCallFaults(where, rest)
      return script === 'start' ? findCallFaults(where, ['start', ...rest]) : []
    }),
  )
}
