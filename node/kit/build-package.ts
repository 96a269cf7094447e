import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { decodeManifest, decodeScripts, type Decoded } from '@hyperware/protocol'
import { zipSync, type Zippable } from 'fflate'
import { buildGuest } from './build-guest.ts'
import { BuildError } from './errors.ts'

/** A package as it is published and installed: the content of its `pkg/` folder, zipped. */
export type BuiltPackage = {
  readonly zip: Uint8Array
  readonly metadata: Uint8Array
  readonly processes: readonly string[]
}

/** Two builds of the same files are the same bytes: the earliest time that a zip can hold. */
const ZIP_TIME = '1980-01-01'

/**
 * Builds the package in `folder`: `metadata.json`, `pkg/` with `manifest.json` and what else belongs to it, and
 * `src/<process>.ts` for each Wasm file that the manifest or `scripts.json` names. @throws BuildError
 */
export async function buildPackage(
  folder: string,
  options: { readonly cacheFolder: string; readonly progress?: (process: string) => void },
): Promise<BuiltPackage> {
  const [metadata, manifest, scripts, fixed] = await Promise.all([
    readPart(folder, 'metadata.json'),
    readPart(folder, 'pkg/manifest.json'),
    readFile(join(folder, 'pkg/scripts.json'), 'utf8').catch(() => undefined),
    readFolder(join(folder, 'pkg'), ''),
  ])
  const entries = getDecoded(folder, decodeManifest(manifest.toString()))
  const scriptFiles = scripts === undefined ? [] : [...getDecoded(folder, decodeScripts(scripts)).keys()]
  const files = new Set([...entries.map(({ wasmPath }) => wasmPath.replace(/^\//, '')), ...scriptFiles])
  const built = await Promise.all(
    [...files].map(async (file): Promise<readonly [string, Uint8Array]> => {
      const process = basename(file, '.wasm')
      const component = await buildGuest(join(folder, 'src', `${process}.ts`), options)
      return [file, component]
    }),
  )
  const content: Zippable = {}
  for (const [path, bytes] of [...fixed, ...built].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    content[path] = [bytes, { mtime: ZIP_TIME }]
  }
  return { zip: zipSync(content), metadata, processes: [...files].map((file) => basename(file, '.wasm')) }
}

async function readPart(folder: string, file: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, file))
  } catch (cause) {
    const reason = `${file} cannot be read`
    throw new BuildError({ code: 'package-invalid', folder, reason }, `Cannot build ${folder}: ${reason}`, { cause })
  }
}

function getDecoded<T>(folder: string, result: Decoded<T>): T {
  if (result.ok) return result.value
  const reason = result.problem
  throw new BuildError({ code: 'package-invalid', folder, reason }, `Cannot build ${folder}: ${reason}`)
}

async function readFolder(folder: string, prefix: string): Promise<(readonly [string, Uint8Array])[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const files = await Promise.all(
    entries.map(async (entry) => {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
      if (entry.isDirectory()) return readFolder(join(folder, entry.name), path)
      return entry.isFile() ? [[path, await readFile(join(folder, entry.name))] as const] : []
    }),
  )
  return files.flat()
}
