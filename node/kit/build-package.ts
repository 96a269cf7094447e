import { access, readdir, readFile, stat } from 'node:fs/promises'
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
import { PACKAGE_MAX_BYTES } from '../modules/packages/package-type.ts'
import { ZIP_BYTES_MAX, ZIP_ENTRIES_MAX } from '../modules/vfs/zip.ts'
import { buildGuest } from './build-guest.ts'
import { BuildError } from './errors.ts'

/** A package as it is published and installed: the content of its `pkg/` folder, zipped. */
export type BuiltPackage = {
  readonly id: PackageId
  readonly zip: Uint8Array
  readonly metadata: JsonValue
  readonly manifest: readonly ManifestEntry[]
}

/** The time of every file in a zip, the earliest that it can hold: from the same components a zip is the same bytes. */
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
  if (!(await exists(folder))) throw invalid(folder, 'there is no such folder')
  const [metadataText, manifestText, scripts] = await Promise.all([
    readPart(folder, 'metadata.json'),
    readPart(folder, 'pkg/manifest.json'),
    readFile(join(folder, 'pkg/scripts.json'), 'utf8').catch(() => undefined),
  ])
  const metadata = getDecoded(folder, decodeJson(metadataText.toString()), 'metadata.json')
  const id = getDecoded(folder, decodePackageId(metadata))
  const manifest = getDecoded(folder, decodeManifest(manifestText.toString()))
  for (const entry of manifest) expectPlaceable(folder, id, entry)
  const scriptFiles = scripts === undefined ? [] : [...getDecoded(folder, decodeScripts(scripts)).keys()]
  const fixed = await readFiles(folder)
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
  const zip = zipSync(content)
  expectSize(`Cannot build ${folder}`, folder, zip.length)
  return { id, zip, metadata, manifest }
}

/** A node takes no larger one. @throws BuildError */
export function expectSize(attempt: string, from: string, sizeBytes: number): void {
  if (sizeBytes <= PACKAGE_MAX_BYTES) return
  throw new BuildError(
    { code: 'package-too-large', from, sizeBytes, maximumBytes: PACKAGE_MAX_BYTES },
    `${attempt}: its zip has ${sizeBytes} bytes, and a node takes at most ${PACKAGE_MAX_BYTES}`,
  )
}

/** What a node would refuse to install is not built. */
function expectPlaceable(folder: string, id: PackageId, { processName, wasmPath }: ManifestEntry): void {
  if (!isHypermapSafe({ ...id, process: processName })) {
    const reason = `manifest.json: the process name ${quote(processName)} is not made of a-z, 0-9 and hyphens`
    throw invalid(folder, reason)
  }
  const segments = wasmPath.replace(/^\//, '').split('/')
  if (segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')) return
  throw invalid(folder, `manifest.json: ${quote(wasmPath)} of the process ${processName} is not a path in the package`)
}

function invalid(folder: string, reason: string, cause?: unknown): BuildError {
  return new BuildError({ code: 'package-invalid', from: folder, reason }, `Cannot build ${folder}: ${reason}`, {
    cause,
  })
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
    throw invalid(folder, `${file} cannot be read`, cause)
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
  throw invalid(folder, where === undefined ? result.problem : `${where}: ${result.problem}`)
}

/** The files of the `pkg` folder. Their number and sizes are looked at before any of them is read. */
async function readFiles(folder: string): Promise<readonly (readonly [string, Uint8Array])[]> {
  const pkg = join(folder, 'pkg')
  const paths = await listFiles(folder, pkg, '')
  let total = 0
  for (const path of paths) {
    total += (await stat(join(pkg, path))).size
    if (total <= ZIP_BYTES_MAX) continue
    throw new BuildError(
      { code: 'package-too-large', from: folder, sizeBytes: total, maximumBytes: ZIP_BYTES_MAX },
      `Cannot build ${folder}: the files in pkg take more than ${ZIP_BYTES_MAX} bytes`,
    )
  }
  return Promise.all(paths.map(async (path) => [path, await readFile(join(pkg, path))] as const))
}

async function listFiles(folder: string, pkg: string, prefix: string): Promise<readonly string[]> {
  const paths: string[] = []
  const entries = await readdir(join(pkg, prefix), { withFileTypes: true }).catch((cause: unknown) => {
    throw invalid(folder, `pkg/${prefix} cannot be read`, cause)
  })
  for (const entry of entries) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (entry.isDirectory()) paths.push(...(await listFiles(folder, pkg, path)))
    else if (entry.isFile()) paths.push(path)
    else throw invalid(folder, `pkg/${path} is neither a file nor a folder: links stay behind when a package is sent`)
    if (paths.length > ZIP_ENTRIES_MAX) {
      throw new BuildError(
        { code: 'too-many-files', from: folder, maximum: ZIP_ENTRIES_MAX },
        `Cannot build ${folder}: pkg holds more than ${ZIP_ENTRIES_MAX} files`,
      )
    }
  }
  return paths
}
