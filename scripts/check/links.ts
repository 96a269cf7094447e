import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Relative links that lead to no file. Links with a scheme and links within the page are left alone. */
export function findLinkFaults(file: string, page: string): string[] {
  return [...page.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]?.split('#')[0] ?? '')
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .filter((target) => !existsSync(join(dirname(file), target)))
    .map((target) => `${file}: the link "${target}" leads to no file`)
}
