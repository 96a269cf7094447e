import { access, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  type Decoded,
  decodeJson,
  decodeManifest,
  decodeScripts,
  isHypermapSafe,
  json,
  type JsonValue,
  type ManifestEntry,
  type PackageId,
  quote,
} from '@hyperware/protocol'
import { zipSync, type Zippable } from 'fflate'
import { buildGuest } from './build-guest.ts'
import { BuildError } from './errors.ts'

/** A package as it is published and installed: the content of its `pkg/` folder, zipped. */
export type BuiltPackage = {
  readonly id: PackageId
  readonly zip: Uint8Array
  readonly metadata: JsonValue
  readonly manifest: readonly ManifestEntry[]
}

/** Two builds of the same files are the same bytes: the earliest time that a zip can hold. */
export const ZIP_TIME = '1980-01-01'

/**
 * Builds the package in `folder`: `metadata.json`, `pkg/` with `manifest.json` and what else belongs to it, and
 * `src/<process>.ts` for each Wasm file that the manifest or `scripts.json` names. Without that source the component in
 * `pkg/` is taken as it is: what other tool chains, such as the live kit, have put there. @throws BuildError
 */
export async function buildPackage(
  folder: string,
  options: { readonly cacheFolder: string; readonly progress?: (process: string) => void },
): Promise<BuiltPackage> {
  const [metadataText, manifestText, scripts, fixed] = await Promise.all([
    readPart(folder, 'metadata.json'),
    readPart(folder, 'pkg/manifest.json'),
    readFile(join(folder, 'pkg/scripts.json'), 'utf8').catch(() => undefined),
    readFolder(join(folder, 'pkg'), ''),
  ])
  const metadata = getDecoded(folder, decodeJson(metadataText.toString()), 'metadata.json')
  const id = getDecoded(folder, decodePackageId(metadata))
  const manifest = getDecoded(folder, decodeManifest(manifestText.toString()))
  const scriptFiles = scripts === undefined ? [] : [...getDecoded(folder, decodeScripts(scripts)).keys()]
  const files = new Set([...manifest.map(({ wasmPath }) => wasmPath.replace(/^\//, '')), ...scriptFiles])
  const parts = new Map(fixed)
  await Promise.all(
    [...files].map(async (file) => {
      const source = join(folder, 'src', `${basename(file, '.wasm')}.ts`)
      if (parts.has(file) && !(await exists(source))) return
      parts.set(file, await buildGuest(source, options))
    }),
  )
  const content: Zippable = {}
  for (const [path, bytes] of [...parts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    content[path] = [bytes, { mtime: ZIP_TIME }]
  }
  return { id, zip: zipSync(content), metadata, manifest }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

async function readPart(folder: string, file: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, file))
  } catch (cause) {
    const reason = `${file} cannot be read`
    throw new BuildError({ code: 'package-invalid', folder, reason }, `Cannot build ${folder}: ${reason}`, { cause })
  }
}

const propertiesJson = json.struct<{ properties: PackageId }>({
  properties: [
    'properties',
    json.struct<PackageId>({ package: ['package_name', json.text], publisher: ['publisher', json.text] }),
  ],
})

function decodePackageId(metadata: JsonValue): Decoded<PackageId> {
  const read = json.fromJsonWith(propertiesJson, 'metadata.json', metadata)
  if (!read.ok) return read
  const { package: name, publisher } = read.value.properties
  if (isHypermapSafe({ process: name, package: name, publisher }))
    return { ok: true, value: { package: name, publisher } }
  return {
    ok: false,
    problem: `metadata.json: ${quote(`${name}:${publisher}`)} is not made of a-z, 0-9, hyphens, and dots in the publisher`,
  }
}

function getDecoded<T>(folder: string, result: Decoded<T>, where?: string): T {
  if (result.ok) return result.value
  const reason = where === undefined ? result.problem : `${where}: ${result.problem}`
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
