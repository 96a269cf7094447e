import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { proofsFolder, root } from './sources.ts'

/** One contract of `test/proofs`: its title is the property, its function `prove` states it. */
export type Property = {
  file: string
  contract: string
  title: string
  /**
   * `bmc` looks at one call in any state, loops unrolled; `chc` at all states that calls can lead to. Both are the
   * SMTChecker's. `words` looks at one call bit by bit, for what moves bits.
   */
  engine: 'bmc' | 'chc' | 'words'
  /** What else than assertions must be safe, overflows for example. */
  targets: string[]
  /** How often loops are unrolled. Enough only where another property bounds them. */
  unwind: number
  assertions: number
  /** Whether quotients are the solver's own: it then sees that equal divisions have equal results, and less of the rest. */
  divides: boolean
  /** Whether inputs that the contract refuses count as right. */
  mayRevert: boolean
}

const engines = ['bmc', 'chc', 'words'] as const

/** The properties in order of file, then of place. Throws when one lacks a title or an assertion. */
export function listProperties(): Property[] {
  const files = readdirSync(join(root, proofsFolder)).filter((name) => name.endsWith('Proofs.sol'))
  return files.toSorted().flatMap((name) => propertiesOf(`${proofsFolder}/${name}`))
}

function propertiesOf(file: string): Property[] {
  const source = readFileSync(join(root, file), 'utf8')
  const contracts = source.matchAll(/((?:^\/\/\/.*\n)*)^contract (\w+)[^{]*\{([\s\S]*?)^\}/gm)
  return [...contracts].map(([, doc = '', contract = '', body = '']) => {
    const tag = (name: string) => new RegExp(`@${name} (.+(?:\\n/// (?!@).+)*)`).exec(doc)?.[1]?.replaceAll('\n///', '')
    const title = tag('title')
    const assertions = body.match(/\bassert\(/g)?.length ?? 0
    if (title === undefined || assertions === 0) {
      throw new Error(`Cannot prove ${contract} of ${file}: expected a @title, and an assertion`)
    }
    return {
      file,
      contract,
      title,
      engine: engineOf(file, contract, tag('custom:engine') ?? 'bmc'),
      targets: (tag('custom:targets') ?? 'assert,overflow,underflow,divByZero').split(','),
      unwind: Number(tag('custom:unwind') ?? 1),
      assertions,
      divides: tag('custom:division') === 'native',
      mayRevert: tag('custom:reverts') !== 'never',
    }
  })
}

function engineOf(file: string, contract: string, name: string): Property['engine'] {
  const engine = engines.find((known) => known === name)
  if (engine === undefined)
    throw new Error(`Cannot prove ${contract} of ${file} by "${name}": expected ${engines.join()}`)
  return engine
}
