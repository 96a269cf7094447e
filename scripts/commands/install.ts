import type { Command } from 'commander'
import type { PackageId } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import type { NodeChoice } from '../cli/node-choice.ts'
import { DEFAULT_HOME, jsonOption, nameArgument, packageArgument, urlArgument } from '../cli/options.ts'

const HELP = `
The folder holds metadata.json, pkg/manifest.json, and src/<process>.ts for each process, which exports init(our); or,
made by another tool chain such as the live kit, the component of the process in pkg/. A zip is what "build" made of such
a folder; its name says whose it is, unless --id does. Shows the rights that the manifest asks for, and installs once you
agree. An earlier version is ended and replaced; what its processes kept as state stays. The example is examples/hello.

Examples:
  npm run hyperware -- install alice-home.os examples/hello
  npm run hyperware -- install alice-home.os examples/hello --yes --json
  npm run hyperware -- install alice-home.os hello:example.os.zip`

export type InstallOptions = NodeChoice & { id?: PackageId; yes?: true; json?: true }

export function addInstallCommand(program: Command, io: CommandIo): void {
  program
    .command('install')
    .description('Build a package from its sources, or take its built components, and run it on a node.')
    .argument('<node>', 'node of the running network, or the name of the one at --url', nameArgument)
    .argument('<package>', 'folder of the package, or its zip')
    .option('--id <package:publisher>', 'whose the zip is; default: as it is named', packageArgument)
    .option('--yes', 'give it what it asks for without being asked')
    .option('--home <dir>', 'home of the running network', DEFAULT_HOME)
    .option('--url <url>', 'page of the node, for one outside that network', urlArgument)
    .option('--password-file <file>', 'file whose first line is the password of the node at --url')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (node: string, place: string, options: InstallOptions) => {
      const { installPackage } = await import('./install-run.ts')
      await installPackage(io, { node, place }, options)
    })
}
