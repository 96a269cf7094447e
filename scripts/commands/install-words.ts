import type { BuiltPackage } from '@hyperware/node/kit'
import { formatPackageId, formatProcessId, MESSAGING_PARAMS, type NamedCapability } from '@hyperware/protocol'

/** What each process of a package would be allowed, in lines for its owner to read: nothing in them hides another. Pure. */
export function describeRights({ id, manifest }: Pick<BuiltPackage, 'id' | 'manifest'>): readonly string[] {
  const lines = manifest.flatMap((entry) => {
    const process = formatProcessId({ ...id, process: entry.processName })
    return [
      process,
      `  reads and writes its own files in /${formatPackageId(id)}`,
      ...(entry.requestNetworking ? ['  sends to other nodes and hears from them'] : []),
      ...entry.requestCapabilities.read.map((named) => `  may ${describe(named)}`),
      ...entry.grantCapabilities.read.map((named) => `  lets ${describeGrant(named)}`),
      ...(entry.public ? ['  lets every process of the node message it'] : []),
      ...[...entry.requestCapabilities.problems, ...entry.grantCapabilities.problems].map(
        (problem) => `  (skipped: ${problem})`,
      ),
    ]
  })
  return lines.map(visible)
}

/** Whoever wrote the manifest chose the names in it; some characters would wipe or turn around what stands beside them. */
function visible(line: string): string {
  return line.replace(HIDDEN, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
}

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function describe({ process, params }: NamedCapability): string {
  const other = formatProcessId(process)
  return params === MESSAGING_PARAMS ? `message ${other}` : `use ${other} with the right ${params}`
}

function describeGrant({ process, params }: NamedCapability): string {
  const other = formatProcessId(process)
  return params === MESSAGING_PARAMS ? `${other} message it` : `${other} use it with the right ${params}`
}
