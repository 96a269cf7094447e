import { createInterface } from 'node:readline/promises'
import { install, login } from '@hyperware/node'
import { buildPackage, bundlePackages } from '@hyperware/node/kit'
import { formatPackageId } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { findNode } from '../cli/node-choice.ts'
import { COMPONENT_CACHE } from '../dev/packages.ts'
import { CommandError } from '../errors.ts'
import { describeRights } from './install-words.ts'
import type { InstallOptions } from './install.ts'

/** `install`: builds, shows what the package would be allowed, and installs it on the node. */
export async function installPackage(
  io: CommandIo,
  { node: name, folder }: { node: string; folder: string },
  options: InstallOptions,
): Promise<void> {
  const node = await findNode(io, name, options)
  const built = await buildPackage(folder, {
    cacheFolder: COMPONENT_CACHE,
    progress: (process) => io.err(`built ${process}`),
  })
  const id = formatPackageId(built.id)
  if (options.json !== true) for (const line of describeRights(built)) io.err(line)
  if (options.yes !== true) await askToInstall(id, name)
  const { cookie } = await login(node.url, node.password)
  const installed = await install(node.url, cookie, bundlePackages([built]))
  if (options.json === true) return io.out(JSON.stringify(installed))
  io.out(`${installed.replaced ? 'replaced' : 'installed'} ${id} on ${name}: ${installed.processes.join(', ')}`)
}

async function askToInstall(id: string, node: string): Promise<void> {
  if (process.stdin.isTTY) {
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    const answer = await terminal.question(`Install ${id} on ${node} with these rights? [y/N] `)
    terminal.close()
    if (/^y(es)?$/i.test(answer.trim())) return
  }
  throw new CommandError({ code: 'not-confirmed', package: id }, `Cannot install ${id}: not confirmed`, {
    hint: 'answer y when asked, or give --yes where nobody can be asked',
  })
}
