import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The sources as the checker gets them. It is sound for what it understands, but drops errors with a name, assembly,
 * and what a storage pointer points to. So each of these is first put in words that it knows:
 *
 * - `revert Name(...)` becomes `revert()`;
 * - OpenZeppelin's Math and SafeERC20 become the assembly-free libraries of `test/proofs/models`;
 * - the functions of Ledger on accounts move to Till, a base of what keeps `_ledger`, which counts payments;
 * - hashes of encoded values become any value at all;
 * - external functions of auctions become public and private ones of libraries internal, so that proofs call them;
 * - functions that no way leads to from a proof lose their bodies, which the checker would look at as well.
 *
 * Everything else is the text that is deployed. A place that is not found as expected ends the command.
 */
export type Edit = { path: string; from: string; to: string }

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const proofsFolder = 'test/proofs'

const models: Readonly<Record<string, string>> = {
  '@openzeppelin/contracts/utils/math/Math.sol': `${proofsFolder}/models/Math.sol`,
  '@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol': `${proofsFolder}/models/SafeERC20.sol`,
}

const ledger = 'contracts/auctions/libraries/Ledger.sol'
const till = `${proofsFolder}/models/Till.sol`

const folders = ['contracts/auctions', 'contracts/token/libraries']

/** The contracts and libraries of which a proof gets the functions that it leads to. */
export const prunable: readonly string[] = [till, ...folders.flatMap(listContracts)]

function listContracts(folder: string): string[] {
  const files = readdirSync(join(root, folder)).filter((name) => /^(?!I[A-Z])\w+\.sol$/.test(name))
  return files.map((name) => `${folder}/${name}`)
}

/** A file for the proofs, after `edits` (which make mutants). Throws when it cannot be read or put so. */
export function checkedSource(path: string, edits: readonly Edit[] = []): string {
  const place = models[path] ?? path
  let source = readFileSync(join(root, place.startsWith('@') ? 'node_modules' : '', place), 'utf8')
  for (const edit of edits) if (edit.path === place) source = replaceOnce(place, source, edit.from, edit.to)
  if (place === till) source = source.replace(/\}\s*$/, `${ledgerFunctions(checkedSource(ledger, edits))}}\n`)
  else if (/^contracts\/auctions\/(?!I[A-Z])\w+\.sol$/.test(place)) source = withTill(place, source)
  return plainReverts(openLibraries(source))
}

/** An auction or a lease whose money goes through the till, and whose actions a proof may call. */
function withTill(path: string, source: string): string {
  const through = source
    .replace(/_ledger\.(credit|pay|earn)\(/g, '_$1(')
    .replace(/\btoken\.take\(/g, '_take(')
    .replace(/\bkeccak256\(abi\.encode\([^;]*\)\);/g, '_hash;')
    .replace(/^( {4}function [^;{]*\))\s+external\b/gm, '$1 public')
  if (!/ _ledger;/.test(source)) return through
  const [name = '', base] = /^(?:abstract )?contract \w+(?: is (\w+))?/m.exec(through) ?? []
  const based = base === undefined ? `${name} is Till` : name.replace(` is ${base}`, ` is Till, ${base}`)
  const held = replaceOnce(path, through, `${name} {`, `${based} {`)
  return `${held.replace(/ {4}Ledger\.Accounts \w+ _ledger;\n/, '')}import {Till} from "${till}";\n`
}

/** With private functions of libraries that proofs call by name. */
function openLibraries(source: string): string {
  return source.replace(/^(library [\s\S]*?)$(?![\s\S])/m, (text) =>
    text.replace(/\) private (pure|view|returns|\{)/g, ') internal $1'),
  )
}

function replaceOnce(path: string, source: string, from: string, to: string): string {
  const parts = source.split(from)
  if (parts.length !== 2) {
    throw new Error(`Cannot rewrite ${path}: expected "${from}" once, found it ${parts.length - 1} times`)
  }
  return parts.join(to)
}

/** The functions of Ledger that take `Accounts storage self`, as functions of the till. */
function ledgerFunctions(source: string): string {
  const functions = [...source.matchAll(/^ {4}function (\w+)\(\s*Accounts storage self,\s*([\s\S]*?)\n {4}\}\n/gm)]
  if (functions.length !== 3) {
    throw new Error(`Cannot rewrite ${ledger}: expected 3 functions on Accounts, found ${functions.length}`)
  }
  const moved = functions.map(([, name, rest = '']) => {
    const body = rest
      .replaceAll('self.owed', '_ledger.owed')
      .replace(/\bcredit\(self, /g, '_credit(')
      .replace(/\btoken\.safeTransfer\(/g, '_send(')
      .replace(/\bburn\(token, /g, '_burn(')
      .replace(/\bphases\.(phase|treasury)\(\)/g, '_$1')
      .replace(/\bBURN_PHASE\b/g, 'Ledger.BURN_PHASE')
    return `\n    function _${name}(${body}\n    }\n`
  })
  return moved.join('')
}

/** Without the names of errors: either way everything done is undone. */
function plainReverts(source: string): string {
  const [head = '', ...rest] = source.split(/\brevert\s+[A-Za-z_.]+(?=\()/)
  return head + rest.map((text) => `revert()${text.slice(closingParenthesis(text) + 1)}`).join('')
}

function closingParenthesis(text: string): number {
  let depth = 0
  for (let i = 0; i < text.length; ++i) {
    if (text[i] === '(') ++depth
    else if (text[i] === ')' && --depth === 0) return i
  }
  throw new Error(`Cannot rewrite "revert ...": expected a closing parenthesis in "${text.slice(0, 40)}"`)
}
