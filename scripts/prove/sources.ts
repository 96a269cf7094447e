import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The sources as the checker gets them. It is sound for what it understands, but drops errors with a name, assembly,
 * and what a storage pointer points to. So each of these is first put in words that it knows:
 *
 * - `revert Name(...)` becomes `revert()`;
 * - OpenZeppelin's Math and SafeERC20 become the assembly-free libraries of `test/contracts/proofs/models`;
 * - the functions of Ledger move into Auction, the one contract that keeps `_ledger`.
 *
 * Everything else is the text that is deployed. A place that is not found as expected ends the command.
 */
export type Edit = { path: string; from: string; to: string }

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const proofsFolder = 'test/contracts/proofs'

const models: Readonly<Record<string, string>> = {
  '@openzeppelin/contracts/utils/math/Math.sol': `${proofsFolder}/models/Math.sol`,
  '@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol': `${proofsFolder}/models/SafeERC20.sol`,
}

const ledger = 'contracts/auctions/libraries/Ledger.sol'
/** A file for the proofs, after `edits` (which make mutants). Throws when it cannot be read or put so. */
export function checkedSource(path: string, edits: readonly Edit[] = []): string {
  const place = models[path] ?? path
  let source = readFileSync(join(root, place.startsWith('@') ? 'node_modules' : '', place), 'utf8')
  for (const edit of edits) if (edit.path === place) source = replaceOnce(place, source, edit.from, edit.to)
  if (/^(contracts\/auctions\/\w+|test\/contracts\/proofs\/Auction\w*)\.sol$/.test(place)) {
    source = source.replace(/_ledger\.(credit|pay|earn)\(/g, '_$1(')
  }
  if (place === 'contracts/auctions/Auction.sol') {
    source = source.replace(/\}\s*$/, `${ledgerFunctions(checkedSource(ledger, edits))}}\n`)
    source = `${source}import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";\n`
    source = source.replace('using Ledger for IERC20;', 'using Ledger for IERC20;\n    using SafeERC20 for IERC20;')
  }
  return plainReverts(source)
}

function replaceOnce(path: string, source: string, from: string, to: string): string {
  const parts = source.split(from)
  if (parts.length !== 2) {
    throw new Error(`Cannot rewrite ${path}: expected "${from}" once, found it ${parts.length - 1} times`)
  }
  return parts.join(to)
}

/** The functions of Ledger that take `Accounts storage self`, as functions of the contract whose `_ledger` that is. */
function ledgerFunctions(source: string): string {
  const functions = [...source.matchAll(/^ {4}function (\w+)\(\s*Accounts storage self,\s*([\s\S]*?)\n {4}\}\n/gm)]
  if (functions.length !== 3) {
    throw new Error(`Cannot rewrite ${ledger}: expected 3 functions on Accounts, found ${functions.length}`)
  }
  const moved = functions.map(([, name, rest = '']) => {
    const body = rest
      .replaceAll('self.owed', '_ledger.owed')
      .replace(/\bcredit\(self, /g, '_credit(')
      .replace(/\bburn\(/g, 'Ledger.burn(')
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
