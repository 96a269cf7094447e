import { ask, runScript } from '@hyperware/process'
import { isJsonObject } from '@hyperware/protocol'
import { splitWord } from './words.ts'

const TERMINAL = 'our@terminal:terminal:sys'

/** `alias <name> [process id]`: lets a short word stand for a script; without an id it no longer does. */
export function init(): void {
  runScript((argument) => {
    const [alias, process] = splitWord(argument)
    if (alias === '') return { failed: 'usage: alias <name> [process id]' }
    const answer = ask(TERMINAL, { json: { EditAlias: { alias, process: process === '' ? null : process } } }).json()
    const outcome = isJsonObject(answer) ? answer['EditAlias'] : undefined
    switch (outcome) {
      case 'AliasSet':
        return `${alias} stands for ${process}`
      case 'AliasRemoved':
        return `${alias} stands for nothing now`
      case 'AliasNotFound':
        return { failed: `${alias} stood for nothing` }
      default:
        return { failed: `process id "${process}" is not process:package:publisher` }
    }
  })
}
