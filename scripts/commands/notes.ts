import type { Command } from 'commander'
import type { Name } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { accountOption, jsonOption, nameArgument, networkOption, rpcOption } from '../cli/options.ts'

const HELP = `
The label decides how the value is read: ~ip an address, ~tcp-port and the other ports a number, ~net-key 0x and 64
digits, ~routers names (with commas between) or namehashes. Any other label takes text, or bytes with --hex. An empty
value clears the note. A label with "!" writes a fact, which cannot be changed afterwards.

Examples:
  npm run hyperware -- notes set carol-home.os "~routers" relay-home.os
  npm run hyperware -- notes set carol-home.os "~ip" 127.0.0.1
  npm run hyperware -- notes set carol-home.os "~tcp-port" 9010
  npm run hyperware -- notes set carol-home.os "~site" 0xc0ffee --hex`

export type NotesSetOptions = {
  network: string
  rpc?: string
  account?: number
  keyFile?: string
  hex?: true
  json?: true
}

export function addNotesCommand(program: Command, io: CommandIo): void {
  const notes = program.command('notes').description('Write notes and facts beneath a name.')
  notes
    .command('set')
    .description("Write one note (~) or fact (!) through the name's account.")
    .argument('<name>', 'name to write beneath', nameArgument)
    .argument('<label>', 'label of the note or fact, such as ~ip')
    .argument('<value>', 'what to write')
    .addOption(networkOption())
    .addOption(rpcOption())
    .addOption(accountOption())
    .option('--key-file <file>', 'file with the private key that signs, 0x and 64 digits')
    .option('--hex', 'the value is bytes: 0x and hexadecimal digits')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (name: Name, label: string, value: string, options: NotesSetOptions) => {
      const { setNote } = await import('./notes-set.ts')
      await setNote(io, { name, label, value }, options)
    })
}
