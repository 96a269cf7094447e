import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildOptions } from 'esbuild'
import { keepFile } from './disk/kept-file.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
/** One file for each entry, made again when a source changes; safe to delete. */
const FOLDER = join(ROOT, 'cache/own-code')
/** Says which version of esbuild it was, and of whatever is bundled from elsewhere. */
const LOCKFILE = 'package-lock.json'

/**
 * Bundles code of the node itself, from the sources it runs from: for threads, which would each strip the types of what
 * they load, and for browsers. The last bundle is kept, since starting esbuild takes longer than the rest of it, and all
 * nodes of a machine need the same.
 */
export async function bundleOwnCode(
  entry: URL,
  options: Pick<BuildOptions, 'format' | 'platform' | 'target' | 'minify' | 'minifyWhitespace' | 'minifySyntax'>,
): Promise<string> {
  const path = relative(ROOT, fileURLToPath(entry))
  const input = { file: join(FOLDER, `${basename(path)}.bundle`), recipe: JSON.stringify([path, options]), root: ROOT }
  const bytes = await keepFile(input, async () => {
    const { buildSync } = await import('esbuild')
    // Its helper process ends with the call; that of `build` would stay, or be stopped under somebody else.
    const { outputFiles, metafile } = buildSync({
      ...options,
      entryPoints: [path],
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      logLevel: 'silent',
    })
    return {
      bytes: Buffer.from(outputFiles[0]?.contents ?? []),
      inputs: [...Object.keys(metafile.inputs), LOCKFILE],
    }
  })
  return Buffer.from(bytes).toString()
}
