import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { proofsFolder, root } from './sources.ts'

/** One contract of `test/contracts/proofs`: its title is the property, its function `prove` states it. */
export type Property = {
  file: string
  contract: string
  title: string
  /** `bmc` looks at one call in any state, loops unrolled; `chc` at all states that calls can lead to. */
  engine: 'bmc' | 'chc'
  /** What else than assertions must be safe, overflows for example. */
  targets: string[]
  /** How often loops are unrolled. Enough only where another property bounds them. */
  unwind: number
  assertions: number
}

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
      engine: tag('custom:engine') === 'chc' ? 'chc' : 'bmc',
      targets: (tag('custom:targets') ?? 'assert,overflow,underflow,divByZero').split(','),
      unwind: Number(tag('custom:unwind') ?? 1),
      assertions,
    }
  })
}
