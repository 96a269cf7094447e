import {
  decodeScripts,
  formatPackageId,
  formatProcessId,
  HyperwareError,
  isHypermapSafe,
  type ProcessId,
  quote,
} from '@hyperware/protocol'
import { MEMORY_CEILING_BYTES, WIT_VERSION_MAX } from '../../kernel/limits.ts'
import { type BundledPackage, readBundle } from '../vfs/bundled-packages.ts'
import { InstallError } from './errors.ts'

/** The publisher of what comes with a node: only the node itself brings or replaces it. */
export const DISTRO_PUBLISHER = 'sys'

/** A process of a package that is to be installed, and its component. */
export type CheckedProcess = {
  readonly id: ProcessId
  readonly entry: BundledPackage['manifest'][number]
  readonly handle: string
  readonly component: Uint8Array
}

export type CheckedPackage = { readonly package: BundledPackage; readonly processes: readonly CheckedProcess[] }

/**
 * Reads the bundle of one package and checks everything that can be known before anything is changed; `checkComponent`
 * rejects a component that this node cannot run in the memory that its process may have. @throws InstallError
 */
export async function checkPackage(
  bundle: Uint8Array,
  checkComponent: (wasm: Uint8Array, memoryMaxBytes: number | undefined) => Promise<unknown>,
): Promise<CheckedPackage> {
  const read = readOne(bundle)
  const name = formatPackageId(read.id)
  if (read.id.publisher === DISTRO_PUBLISHER) {
    throw new InstallError(
      { code: 'package-protected', package: name },
      `Cannot install ${name}: packages of the publisher ${DISTRO_PUBLISHER} come with the node`,
      { hint: 'give another "publisher" in metadata.json: a name of yours' },
    )
  }
  if (read.witVersion !== undefined && read.witVersion > WIT_VERSION_MAX) {
    throw new InstallError(
      { code: 'world-too-new', package: name, witVersion: read.witVersion, maximum: WIT_VERSION_MAX },
      `Cannot install ${name}: its wit_version is ${read.witVersion}, expected at most ${WIT_VERSION_MAX}`,
    )
  }
  const seen = new Set<string>()
  const processes = read.manifest.map((entry): CheckedProcess => {
    const process = checkProcess(read, entry)
    const key = formatProcessId(process.id)
    if (seen.has(key)) {
      throw new InstallError(
        { code: 'process-twice', process: key },
        `Cannot install ${key}: its manifest lists it twice`,
      )
    }
    seen.add(key)
    return process
  })
  const scripts = scriptsOf(read)
  const entries = processes.map(({ id, entry, component }) => {
    return { what: formatProcessId(id), component, memoryMaxBytes: entry.memoryMaxBytes }
  })
  for (const each of [...scripts, ...entries]) checkCeiling(each.what, each.memoryMaxBytes)
  for (const { what, component, memoryMaxBytes } of [...entries, ...scripts]) {
    if (component === undefined) continue
    await checkComponent(component, memoryMaxBytes).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const problem = { code: 'component-refused', process: what, reason } as const
      throw new InstallError(problem, `Cannot install ${what}: ${reason}`, { cause })
    })
  }
  return { package: read, processes }
}

function checkCeiling(process: string, memoryMaxBytes: number | undefined): void {
  if (memoryMaxBytes === undefined || memoryMaxBytes <= MEMORY_CEILING_BYTES) return
  throw new InstallError(
    { code: 'memory-above-ceiling', process, memoryMaxBytes, ceilingBytes: MEMORY_CEILING_BYTES },
    `Cannot install ${process}: its memory_max_bytes is ${memoryMaxBytes}, expected at most ${MEMORY_CEILING_BYTES}`,
  )
}

type Script = {
  /** For people, such as `greet.wasm of hello:example.os`. */
  readonly what: string
  /** Undefined when the package lacks it. */
  readonly component: Uint8Array | undefined
  readonly memoryMaxBytes: number | undefined
}

/** What cannot be read, or is not there, is left to whoever runs a script, and says so then. */
function scriptsOf({ id, files }: BundledPackage): readonly Script[] {
  const bytesOf = (name: string) => files.find(({ path }) => path.join('/') === name)?.bytes
  const scripts = decodeScripts(Buffer.from(bytesOf('scripts.json') ?? '{}').toString())
  if (!scripts.ok) return []
  return [...scripts.value].map(([file, { memoryMaxBytes }]) => {
    return { what: `${file} of ${formatPackageId(id)}`, component: bytesOf(file), memoryMaxBytes }
  })
}

function readOne(bundle: Uint8Array): BundledPackage {
  let packages: readonly BundledPackage[]
  try {
    packages = readBundle(bundle)
  } catch (cause) {
    if (!(cause instanceof HyperwareError)) throw cause
    const reason = cause.message
    throw new InstallError({ code: 'package-unreadable', reason }, `Cannot install package: ${reason}`, { cause })
  }
  const [only, ...more] = packages
  if (only !== undefined && more.length === 0) return only
  const count = packages.length
  throw new InstallError(
    { code: 'not-one-package', count },
    `Cannot install package: the bundle holds ${count} packages with a manifest.json, expected one`,
  )
}

function checkProcess({ id: owner, files }: BundledPackage, entry: CheckedProcess['entry']): CheckedProcess {
  const id = { process: entry.processName, package: owner.package, publisher: owner.publisher }
  const process = formatProcessId(id)
  if (!isHypermapSafe(id)) {
    throw new InstallError(
      { code: 'process-unnamable', process },
      `Cannot install ${quote(process)}: a process name is made of a-z, 0-9 and hyphens`,
    )
  }
  const file = entry.wasmPath.replace(/^\/+/, '')
  const found = files.find(({ path }) => path.join('/') === file)
  if (found === undefined) {
    throw new InstallError(
      { code: 'component-missing', process, file },
      `Cannot install ${process}: its package holds no ${quote(file)}`,
    )
  }
  return { id, entry, handle: `/${formatPackageId(owner)}/pkg/${file}`, component: found.bytes }
}
