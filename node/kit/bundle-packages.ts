import { formatJson, formatPackageId, type JsonValue } from '@hyperware/protocol'
import { zipSync, type Zippable } from 'fflate'
import { type BuiltPackage, ZIP_TIME } from './build-package.ts'

/**
 * Puts packages into one zip, the way a node boots and installs them (kernel.md section 12): a zip for each, and
 * `file_to_metadata.json` that says whose they are.
 */
export function bundlePackages(packages: readonly BuiltPackage[]): Uint8Array {
  const content: Zippable = {}
  const metadata: Record<string, JsonValue> = {}
  for (const built of packages) {
    const file = `${formatPackageId(built.id)}.zip`
    content[file] = [built.zip, { level: 0, mtime: ZIP_TIME }]
    metadata[file] = built.metadata
  }
  content['file_to_metadata.json'] = [Buffer.from(formatJson(metadata)), { mtime: ZIP_TIME }]
  return zipSync(content)
}
