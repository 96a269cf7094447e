import { createHash } from 'node:crypto'
import { join, relative, resolve, sep } from 'node:path'
import { buildPackage } from '@hyperware/node/kit'
import { formatPackageId, formatProcessId } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { writeFileAtomically } from '../dev/files.ts'
import { COMPONENT_CACHE } from '../dev/packages.ts'
import { CommandError } from '../errors.ts'
import type { BuildOptions } from './build.ts'

/** `build`: makes the zip of a package, and says what is in it. */
export async function buildToZip(io: CommandIo, folder: string, options: BuildOptions): Promise<void> {
  if (options.out !== undefined) expectOutside(options.out, join(folder, 'pkg'))
  const { id, zip, manifest } = await buildPackage(folder, {
    cacheFolder: COMPONENT_CACHE,
    progress: (process) => io.err(`built ${process}`),
  })
  const name = formatPackageId(id)
  const file = options.out ?? join(folder, 'target', `${name}.zip`)
  write(file, zip)
  const built = {
    package: name,
    file: resolve(file),
    sizeBytes: zip.length,
    sha256: createHash('sha256').update(zip).digest('hex'),
    processes: manifest.map(({ processName }) => formatProcessId({ ...id, process: processName })),
  }
  if (options.json === true) return io.out(JSON.stringify(built))
  io.out(`built ${name} into ${file}, ${built.sizeBytes} bytes, SHA-256 ${built.sha256}`)
}

/** What lies in `pkg` becomes part of the next build. */
function expectOutside(out: string, pkg: string): void {
  const place = relative(resolve(pkg), resolve(out))
  if (place.split(sep)[0] === '..') return
  const problem = { code: 'usage', argument: '--out', value: out } as const
  throw new CommandError(problem, `Cannot build into "${out}": it is in ${pkg}, and would be part of the next build`, {
    hint: 'name a file elsewhere',
  })
}

function write(file: string, zip: Uint8Array): void {
  try {
    writeFileAtomically(file, zip, { mode: 0o644 })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    const problem = { code: 'file-unwritable', file, detail: cause.message } as const
    throw new CommandError(problem, `Cannot write "${file}": ${cause.message}`, { cause })
  }
}
