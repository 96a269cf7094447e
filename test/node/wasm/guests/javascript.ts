import { componentize } from 'componentize-qjs'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renameExport } from '../../../../node/kit/component-exports.ts'
import { WIT } from './build.ts'

const CACHE = join(import.meta.dirname, '../../../../node_modules/.cache/test-guests')

/**
 * Builds a component from a module that exports `startProcess(our)`. It takes some seconds and gives other bytes each
 * time, so what was built from the same source is taken from a cache.
 */
export async function buildJavaScript(jsSource: string): Promise<Uint8Array> {
  const wit = readFileSync(WIT, 'utf8').replace('export init:', 'export start-process:')
  const key = createHash('sha256')
    .update(JSON.stringify([wit, jsSource]))
    .digest('hex')
  const path = join(CACHE, `${key}.wasm`)
  if (existsSync(path)) return readFileSync(path)
  mkdirSync(CACHE, { recursive: true })
  const own = join(CACHE, `${key}.${process.pid}`)
  writeFileSync(`${own}.wit`, wit)
  const options = { witPath: `${own}.wit`, world: 'process-v1', jsSource, sync: true, optSize: true }
  const { component } = await componentize(options)
  rmSync(options.witPath)
  const renamed = renameExport(renameExport(component, 'init', 'runtime'), 'start-process', 'init')
  writeFileSync(`${own}.wasm`, renamed)
  renameSync(`${own}.wasm`, path)
  return renamed
}
