import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { install, login, printable } from '@hyperware/node'
import { buildPackage, bundlePackages, type BuiltPackage, readPackage } from '@hyperware/node/kit'
import { formatPackageId, type PackageId } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { findNode } from '../cli/node-choice.ts'
import { packageArgument } from '../cli/options.ts'
import { askLine } from '../cli/question.ts'
import { COMPONENT_CACHE } from '../dev/packages.ts'
import { CommandError } from '../errors.ts'
import { describeRights } from './install-words.ts'
import type { InstallOptions } from './install.ts'

/** `install`: builds or reads it, shows what the package would be allowed, and installs it on the node. */
export async function installPackage(
  io: CommandIo,
  { node: name, place }: { node: string; place: string },
  options: InstallOptions,
): Promise<void> {
  const node = await findNode(io, name, options)
  const built = await takePackage(io, place, options)
  const id = formatPackageId(built.id)
  if (options.json !== true || options.yes !== true) for (const line of describeRights(built)) io.err(line)
  if (options.yes !== true) await askToInstall(id, name)
  const { cookie } = await login(node.url, node.password, name)
  const installed = await install(node.url, cookie, bundlePackages([built]))
  if (options.json === true) return io.out(JSON.stringify(installed))
  const done = installed.replaced ? 'replaced' : 'installed'
  io.out(printable(`${done} ${id} on ${name}: ${installed.processes.join(', ')}`))
}

/** A package from its folder, built; or from the zip that was built of one. */
async function takePackage(io: CommandIo, place: string, { id }: InstallOptions): Promise<BuiltPackage> {
  const found = await stat(place).catch((cause: unknown) => {
    const problem = { code: 'usage', argument: '<package>', value: place } as const
    throw new CommandError(problem, `Cannot install "${place}": there is no such folder or file`, { cause })
  })
  if (found.isFile()) return readPackage(place, id ?? idOfFile(place))
  if (id === undefined) {
    return buildPackage(place, { cacheFolder: COMPONENT_CACHE, progress: (process) => io.err(`built ${process}`) })
  }
  const problem = { code: 'usage', argument: '--id', value: formatPackageId(id) } as const
  throw new CommandError(problem, `Cannot install "${place}" as ${formatPackageId(id)}: it is not a zip`, {
    hint: 'a folder says in its metadata.json whose it is',
  })
}

function idOfFile(file: string): PackageId {
  try {
    return packageArgument(basename(file, '.zip'))
  } catch (cause) {
    const problem = { code: 'usage', argument: '<package>', value: file } as const
    const message = `Cannot install "${file}": its name does not say whose it is, as hello:example.os.zip would`
    throw new CommandError(problem, message, { hint: 'give --id package:publisher', cause })
  }
}

async function askToInstall(id: string, node: string): Promise<void> {
  if (process.stdin.isTTY) {
    const answer = await askLine(`Install ${id} on ${node} with these rights? [y/N] `)
    if (/^y(es)?$/i.test(answer?.trim() ?? '')) return
  }
  throw new CommandError({ code: 'not-confirmed', package: id }, `Cannot install ${id}: not confirmed`, {
    hint: 'answer y when asked, or give --yes where nobody can be asked',
  })
}
