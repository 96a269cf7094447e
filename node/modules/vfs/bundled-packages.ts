import { readFile } from 'node:fs/promises'
import {
  decodeJson,
  type Decoded,
  decodeManifest,
  formatPackageId,
  HyperwareError,
  isHypermapSafe,
  isJsonObject,
  json,
  type JsonValue,
  type PackageId,
  quote,
} from '@hyperware/protocol'
import type { DistroPackage } from '../../kernel/boot.ts'
import { isMissing, locate, vfsRoot } from './drive-files.ts'
import { decodeVfsPath } from './vfs-path.ts'
import { readZip, type ZipFile } from './zip.ts'

export type BundleProblem =
  | { code: 'index-missing' }
  | { code: 'index-invalid'; problem: string }
  | { code: 'package-missing'; file: string }
  | { code: 'manifest-invalid'; package: string; problem: string }

/** The packages that come with the node are not what they should be: it must not start with only some of them. */
export class BundleError extends HyperwareError<BundleProblem> {}

const INDEX = 'file_to_metadata.json'
const MANIFEST = 'manifest.json'

/** A package of the bundle: what the kernel boots, and the files of its `pkg` drive. */
export type BundledPackage = DistroPackage & { readonly zip: Uint8Array; readonly files: readonly ZipFile[] }

/**
 * Reads the zip of packages that a node boots with: one zip for each, and an index that says whose they are (kernel.md
 * section 12). A package without a manifest is left out. @throws BundleError, ZipError
 */
export function readBundle(bytes: Uint8Array): readonly BundledPackage[] {
  const files = new Map(readZip(bytes).map((file) => [file.path.join('/'), file.bytes]))
  const index = files.get(INDEX)
  if (index === undefined) {
    throw new BundleError({ code: 'index-missing' }, `Cannot read bundled packages: there is no ${INDEX}`)
  }
  return readIndex(index).flatMap(([file, metadata]) => {
    const zip = files.get(file)
    if (zip === undefined) {
      throw new BundleError(
        { code: 'package-missing', file },
        `Cannot read bundled packages: ${quote(file)} is missing`,
      )
    }
    const read = readPackage(metadata, zip)
    return read === undefined ? [] : [read]
  })
}

type Metadata = { readonly id: PackageId; readonly witVersion: number | undefined }

const metadataJson: json.JsonCodec<Metadata> = json.mapped(
  json.struct<{ properties: { package: string; publisher: string; witVersion: number | undefined } }>({
    properties: [
      'properties',
      json.struct<{ package: string; publisher: string; witVersion: number | undefined }>({
        package: ['package_name', json.text],
        publisher: ['publisher', json.text],
        witVersion: ['wit_version', json.option(json.u32)],
      }),
    ],
  }),
  ({ id, witVersion }: Metadata) => ({ properties: { ...id, witVersion } }),
  ({ properties: { package: name, publisher, witVersion } }): Decoded<Metadata> =>
    isHypermapSafe({ process: name, package: name, publisher })
      ? { ok: true, value: { id: { package: name, publisher }, witVersion } }
      : { ok: false, problem: `${quote(`${name}:${publisher}`)} is outside the alphabet of names` },
)

function readIndex(bytes: Uint8Array): readonly (readonly [string, Metadata])[] {
  const parsed: Decoded<JsonValue> = decodeJson(Buffer.from(bytes).toString())
  if (!parsed.ok) throw badIndex(parsed.problem)
  if (!isJsonObject(parsed.value)) throw badIndex('it is not an object')
  return Object.entries(parsed.value).map(([file, value]) => {
    const metadata = json.fromJsonWith(metadataJson, file, value)
    if (!metadata.ok) throw badIndex(metadata.problem)
    return [file, metadata.value] as const
  })
}

function badIndex(problem: string): BundleError {
  return new BundleError({ code: 'index-invalid', problem }, `Cannot read bundled packages: ${INDEX}: ${problem}`)
}

function readPackage({ id, witVersion }: Metadata, zip: Uint8Array): BundledPackage | undefined {
  const files = readZip(zip)
  const manifest = files.find(({ path }) => path.length === 1 && path[0] === MANIFEST)
  if (manifest === undefined) return undefined
  const entries = decodeManifest(Buffer.from(manifest.bytes).toString())
  if (entries.ok) return { id, witVersion, manifest: entries.value, zip, files }
  const name = formatPackageId(id)
  const problem = { code: 'manifest-invalid', package: name, problem: entries.problem } as const
  throw new BundleError(problem, `Cannot read bundled packages: ${name}: ${entries.problem}`)
}

/** The component at a handle such as `/chat:template.os/pkg/chat.wasm`; undefined when there is no such file. */
export async function readComponent(home: string, handle: string): Promise<Uint8Array | undefined> {
  const path = decodeVfsPath(handle)
  if (!path.ok) return undefined
  try {
    return await readFile(await locate(vfsRoot(home), path.value))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
