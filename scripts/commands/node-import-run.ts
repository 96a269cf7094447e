import { importHome, type ImportReport } from '@hyperware/node/import'
import { countOf } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import type { NodeImportOptions } from './node-import.ts'

/** `node import`. */
export async function importReference(io: CommandIo, from: string, options: NodeImportOptions): Promise<void> {
  const quiet = options.json === true
  const tell = (line: string): void => (quiet ? undefined : io.err(line))
  const report = await keepPrivate(() => importHome({ from, to: options.home, ldb: options.ldb, tell }))
  if (quiet) return io.out(JSON.stringify(report))
  for (const line of describeImport(report)) io.err(line)
  io.out(`imported ${report.name} into ${report.home}`)
}

/** Whatever is written meanwhile is for its owner, as what a node writes is. */
async function keepPrivate<T>(work: () => Promise<T>): Promise<T> {
  const before = process.umask(0o077)
  try {
    return await work()
  } finally {
    process.umask(before)
  }
}

/** Of the secret that signs logins in the key files made here. */
const JWT_SECRET_BYTES = 32

/** What came along, what the first boot will drop, and what stays where it is. */
export function describeImport(report: ImportReport): readonly string[] {
  const { drives } = report
  return [
    `processes  ${report.processes} of packages, ${countOf(report.modules, 'module')} of the node`,
    `states     ${report.states}`,
    `drives     of ${countOf(drives.packages, 'package')}: ${countOf(drives.files, 'file')}, ${countOf(drives.bytes, 'byte')}`,
    ...some(
      'left out   ',
      drives.leftOut,
      drives.leftOutFirst.map(({ path, why }) => `vfs/${path} (${why})`),
    ),
    ...(report.ending === 0
      ? []
      : [`dropped    at the first boot, since they were not to outlive their node: ${report.ending} of the processes`]),
    ...some(
      'dropped    at the first boot, since their components are missing: ',
      report.withoutComponent.length,
      report.withoutComponent,
    ),
    ...some(
      `stay in ${report.from}, since this node has no such module yet: `,
      report.databases.length,
      report.databases,
    ),
    ...some(`stay in ${report.from}: `, report.left.length, report.left),
    ...(report.jwtSecretBytes < JWT_SECRET_BYTES
      ? [
          `weak       the key file signs logins with a secret of ${countOf(report.jwtSecretBytes, 'byte')}, which can be guessed, ` +
            `expected ${JWT_SECRET_BYTES}: "keys rotate" makes a new one, with a new networking key`,
        ]
      : []),
    "Do not start the reference node again: two nodes with one key take each other's place.",
  ]
}

const NAMED = 10

/** One line that names the first of them and counts the rest; none when there are none. */
function some(intro: string, total: number, names: readonly string[]): readonly string[] {
  if (total === 0) return []
  const first = names.slice(0, NAMED)
  const more = total > first.length ? `, and ${total - first.length} more` : ''
  return [`${intro}${first.join(', ')}${more}`]
}
