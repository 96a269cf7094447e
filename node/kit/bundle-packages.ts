import { formatJson, json, type JsonValue, decodeJson } from '@hyperware/protocol'
import { zipSync, type Zippable } from 'fflate'
import { basename } from 'node:path'
import { buildPackage } from './build-package.ts'
import { BuildError } from './errors.ts'

const ZIP_TIME = '1980-01-01'

/**
 * Builds packages and puts them into one zip, the way a node boots them (kernel.md section 12): `<folder>.zip` for each,
 * and `file_to_metadata.json` that says whose they are. @throws BuildError
 */
export async function bundlePackages(
  folders: readonly string[],
  options: { readonly cacheFolder: string; readonly progress?: (process: string) => void },
): Promise<Uint8Array> {
  const content: Zippable = {}
  const metadata: Record<string, JsonValue> = {}
  for (const folder of folders) {
    const built = await buildPackage(folder, options)
    const file = `${basename(folder)}.zip`
    content[file] = [built.zip, { level: 0, mtime: ZIP_TIME }]
    metadata[file] = metadataOf(folder, built.metadata)
  }
  content['file_to_metadata.json'] = [Buffer.from(formatJson(metadata)), { mtime: ZIP_TIME }]
  return zipSync(content)
}

function metadataOf(folder: string, bytes: Uint8Array): JsonValue {
  const value = decodeJson(Buffer.from(bytes).toString())
  const named = value.ok ? json.fromJsonWith(PROPERTIES, 'metadata.json', value.value) : value
  if (value.ok && named.ok) return value.value
  const reason = named.ok ? '' : named.problem
  throw new BuildError({ code: 'package-invalid', folder, reason }, `Cannot build ${folder}: ${reason}`)
}

const PROPERTIES = json.struct<{ properties: { package: string; publisher: string } }>({
  properties: [
    'properties',
    json.struct<{ package: string; publisher: string }>({
      package: ['package_name', json.text],
      publisher: ['publisher', json.text],
    }),
  ],
})
