import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { hypermapAbi } from '@hyperware/deployments/abi/hypermap'
import type { Deployment } from '@hyperware/deployments'

/** The folder of `indexer/`, which is Ponder's root. */
export const INDEXER_DIR = join(import.meta.dirname, '..')

/** Ponder's command, which has no other way in than being run. */
export function ponderCommand(): string {
  return join(ponderDir(), 'dist/esm/bin/ponder.js')
}

function ponderDir(): string {
  const entry = createRequire(import.meta.url).resolve.paths('ponder') ?? []
  for (const folder of entry) {
    const found = globSync('ponder/package.json', { cwd: folder })
    if (found.length > 0) return join(folder, 'ponder')
  }
  throw new Error('Cannot find the package ponder; run npm ci')
}

/**
 * The database schema for rows that this code writes about this deployment. Ponder refuses a schema that other code
 * wrote; so does this, by never meeting it: changed code, codecs or deployments give another name.
 */
export function schemaName(deployment: Deployment): string {
  const hash = createHash('sha256')
  const sources = globSync(['*.ts', 'src/*.ts', 'src/{handlers,derive}/**/*.ts'], { cwd: INDEXER_DIR }).toSorted()
  for (const path of sources) {
    if (path !== 'ponder-env.d.ts') hash.update(`${path}\n${readFileSync(join(INDEXER_DIR, path), 'utf8')}\n`)
  }
  hash.update(JSON.stringify([deployment, hypermapAbi]))
  hash.update(readFileSync(join(ponderDir(), 'package.json'), 'utf8'))
  return `hyperware_${hash.digest('hex').slice(0, 12)}`
}
