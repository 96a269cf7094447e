import { readFile, stat } from 'node:fs/promises'
import { decodeManifest, HyperwareError, type PackageId } from '@hyperware/protocol'
import { readZip } from '../modules/vfs/zip.ts'
import { type BuiltPackage, expectSize } from './build-package.ts'
import { BuildError } from './errors.ts'

/**
 * Reads a package that was built before: the zip of its `pkg/` folder, as `buildPackage` makes it and stores offer it
 * (kernel.md section 13). Whose it is does not stand in it, so `id` says that. @throws BuildError
 */
export async function readPackage(file: string, id: PackageId): Promise<BuiltPackage> {
  const zip = await readBounded(file)
  const manifest = findManifest(file, zip)
  const decoded = decodeManifest(manifest)
  if (!decoded.ok) throw invalid(file, decoded.problem)
  const metadata = { properties: { package_name: id.package, publisher: id.publisher } }
  return { id, zip, metadata, manifest: decoded.value }
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    expectSize(`Cannot read package ${file}`, file, (await stat(file)).size)
    return await readFile(file)
  } catch (cause) {
    if (cause instanceof BuildError) throw cause
    throw invalid(file, 'it cannot be read', cause)
  }
}

function findManifest(file: string, zip: Uint8Array): string {
  try {
    const found = readZip(zip).find(({ path }) => path.join('/') === 'manifest.json')
    if (found !== undefined) return Buffer.from(found.bytes).toString()
  } catch (cause) {
    if (!(cause instanceof HyperwareError)) throw cause
    throw invalid(file, cause.message, cause)
  }
  throw invalid(file, 'there is no manifest.json in it')
}

function invalid(file: string, reason: string, cause?: unknown): BuildError {
  return new BuildError({ code: 'package-invalid', from: file, reason }, `Cannot read package ${file}: ${reason}`, {
    hint: 'expected the zip of a pkg folder, as the command "build" makes it',
    cause,
  })
}
