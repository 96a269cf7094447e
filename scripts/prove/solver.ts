import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const z3 = '/usr/bin/z3'

/** Installs the solver from Debian's packages where it is absent. Throws, with a hint, when that fails. */
export function ensureSolver(): void {
  if (existsSync(z3)) return
  console.error('setup    installing z3 for the proofs')
  const sudo = process.getuid?.() === 0 ? [] : ['sudo']
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'z3'],
  ]) {
    const [program = '', ...rest] = [...sudo, 'apt-get', ...args]
    const { status, error } = spawnSync(program, rest, { stdio: ['ignore', 2, 2] })
    if (status === 0) continue
    throw new Error(
      `Cannot install z3: "${program} ${rest.join(' ')}" gave ${error?.message ?? `exit code ${status}`}\n` +
        `Hint: install z3 with this system's package tool and link it to ${z3}`,
    )
  }
}

/** Answers the checker's questions (SMT-LIB 2) with z3, each within `seconds`; a late answer is `unknown`. */
export function createSolver(seconds: number): { solve: (query: string) => string; close: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'hyperware-prove-'))
  const file = join(folder, 'query.smt2')
  return {
    solve: (query) => {
      writeFileSync(file, query)
      const { stdout, error } = spawnSync(z3, ['-smt2', `-T:${seconds}`, file], {
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      })
      if (error) throw new Error(`Cannot run ${z3}: ${error.message}`)
      return /^(sat|unsat)\b/.test(stdout) ? stdout : 'unknown\n'
    },
    close: () => rmSync(folder, { recursive: true }),
  }
}
