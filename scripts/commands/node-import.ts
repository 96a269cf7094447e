import type { Command } from 'commander'
import type { CommandIo } from '../cli/io.ts'
import { jsonOption } from '../cli/options.ts'

const HELP = `
The home is that of a reference node (Hyperdrive), which must not be running; nothing in it is changed. Taken over are
the key file, processes with their rights, what they keep as state, and all drives. Databases of processes (kv, sqlite)
stay where they are, and are named. The new home is there whole or not at all. The password stays the same. "hyperware node --home" runs it.

Needs RocksDB's command line tool: apt-get install rocksdb-tools, or brew install rocksdb.

Examples:
  npm run hyperware -- node import ~/alice.os --home alice
  npm run hyperware -- node import ~/alice.os --home alice --json`

export type NodeImportOptions = { home: string; ldb?: string; json?: true }

export function addNodeImportCommand(node: Command, io: CommandIo): void {
  node
    .command('import')
    .description('Make a home from that of a reference node.')
    .argument('<reference-home>', 'home folder of the reference node')
    .requiredOption('--home <dir>', 'the new home folder: absent so far, or empty')
    .option('--ldb <file>', "RocksDB's command line tool; default: ldb or rocksdb_ldb, wherever the system finds it")
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (reference: string, options: NodeImportOptions) => {
      const { importReference } = await import('./node-import-run.ts')
      await importReference(io, reference, options)
    })
}
