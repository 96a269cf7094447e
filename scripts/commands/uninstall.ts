import type { Command } from 'commander'
import { formatPackageId, type PackageId } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { findNode, type NodeChoice } from '../cli/node-choice.ts'
import { DEFAULT_HOME, jsonOption, nameArgument, packageArgument, urlArgument } from '../cli/options.ts'

const HELP = `
Ends the processes of the package, takes away the rights they issued, and deletes what was installed. What they kept as
state and in other drives stays: installing the package again finds it. Packages that come with the node stay.

Examples:
  npm run hyperware -- uninstall alice-home.os hello:example.os
  npm run hyperware -- uninstall alice-home.os hello:example.os --json`

type UninstallOptions = NodeChoice & { json?: true }

export function addUninstallCommand(program: Command, io: CommandIo): void {
  program
    .command('uninstall')
    .description('Take a package off a node.')
    .argument('<node>', 'node of the running network, or the name of the one at --url', nameArgument)
    .argument('<package>', 'id of the package, such as hello:example.os', packageArgument)
    .option('--home <dir>', 'home of the running network', DEFAULT_HOME)
    .option('--url <url>', 'page of the node, for one outside that network', urlArgument)
    .option('--password-file <file>', 'file whose first line is the password of the node at --url')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (name: string, id: PackageId, options: UninstallOptions) => {
      const node = await findNode(io, name, options)
      const { login, printable, uninstall } = await import('@hyperware/node')
      const { cookie } = await login(node.url, node.password, name)
      const gone = await uninstall(node.url, cookie, formatPackageId(id))
      if (options.json === true) return io.out(JSON.stringify(gone))
      const ended = gone.processes.length === 0 ? 'none of its processes ran' : `ended ${gone.processes.join(', ')}`
      io.out(printable(`uninstalled ${gone.package} from ${name}: ${ended}`))
    })
}
