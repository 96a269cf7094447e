import type { Command } from 'commander'
import type { CommandIo } from '../cli/io.ts'
import { jsonOption } from '../cli/options.ts'

const HELP = `
The folder holds metadata.json, pkg/manifest.json, and src/<process>.ts for each process. The zip holds the content of
pkg with the components in it: what "install" takes, and what a store offers. As long as the components are kept in
cache/components the same sources give the same bytes; made again they differ, so publish the zip. The hash that is printed
is the one that the metadata of a published package names.

Examples:
  npm run hyperware -- build examples/hello
  npm run hyperware -- build examples/hello --out hello:example.os.zip --json`

export type BuildOptions = { out?: string; json?: true }

export function addBuildCommand(program: Command, io: CommandIo): void {
  program
    .command('build')
    .description('Build a package from its TypeScript sources into a zip.')
    .argument('<folder>', 'folder of the package')
    .option('--out <file>', 'zip to write; default: target/<package>:<publisher>.zip in the folder')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (folder: string, options: BuildOptions) => {
      const { buildToZip } = await import('./build-run.ts')
      await buildToZip(io, folder, options)
    })
}
