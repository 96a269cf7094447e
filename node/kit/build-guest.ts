import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { writeFileOnce } from '../disk/atomic-file.ts'
import { bundleSource, START_EXPORT } from './bundle-source.ts'
import { renameExport } from './component-exports.ts'
import { BuildError } from './errors.ts'

const WIT = [new URL('../wasm/wit/hyperware.wit', import.meta.url), new URL('engine.wit', import.meta.url)] as const
const WORLD = 'engine-process'
/** Part of the cache's key: a change of how components are made makes new ones. */
const RECIPE = 'qjs-0.4.5 sync optSize 2'

/**
 * Builds the component of one process from its TypeScript source. Components are kept in `cacheFolder` under the hash
 * of what they were made of, since making one takes seconds; `progress` hears of each that had to be made.
 * @throws BuildError
 */
export async function buildGuest(
  file: string,
  {
    cacheFolder,
    progress,
  }: { readonly cacheFolder: string; readonly progress?: ((process: string) => void) | undefined },
): Promise<Uint8Array> {
  const [source, ...wits] = await Promise.all([bundleSource(file), ...WIT.map((url) => readFile(url, 'utf8'))])
  const wit = wits.join('\n')
  const key = createHash('sha256').update(`${RECIPE}\n${wit}\n${source}`).digest('hex')
  const kept = join(cacheFolder, `${key}.wasm`)
  const found = await readFile(kept).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found !== undefined) return found
  const component = await compile(file, source, wit)
  await mkdir(cacheFolder, { recursive: true })
  // Others may make it at the same time, of other bytes: all go on with those that are kept.
  const first = await writeFileOnce(kept, component)
  progress?.(basename(file, '.ts'))
  return first
}

async function compile(file: string, jsSource: string, wit: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'hyperware-wit-'))
  try {
    const witPath = join(folder, 'hyperware.wit')
    await writeFile(witPath, wit)
    const { componentize } = await import('componentize-qjs') // large, and seldom needed
    const { component } = await componentize({ witPath, jsSource, world: WORLD, sync: true, optSize: true })
    // The engine exports an init of its own, and a component exports each name once.
    return renameExport(renameExport(component, 'init', 'engine-init'), START_EXPORT, 'init')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new BuildError({ code: 'compiler-failed', file, reason }, `Cannot build ${file}: ${reason}`, { cause })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
