import {
  HNS_NOTE_LABELS,
  NameError,
  encodeIp,
  encodeNetKey,
  encodePort,
  encodeRouters,
  hexToBytes,
  namehash,
  parseEntryPath,
  parseName,
  quote,
  utf8ToBytes,
  type Hex,
  type Name,
  type Namehash,
} from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { getRunningNetwork } from '../dev/network-file.ts'
import { CommandError } from '../errors.ts'
import { connectChain } from '../onchain/client.ts'
import { getEntry } from '../onchain/entries.ts'
import { writeData } from '../onchain/mint.ts'
import { chooseSigner } from '../onchain/signers.ts'
import type { NotesSetOptions } from './notes.ts'

function usage(argument: string, value: string, detail: string): CommandError {
  const problem = { code: 'usage', argument, value } as const
  return new CommandError(problem, `Cannot write ${argument} ${quote(value)}: ${detail}`)
}

function parseRouter(text: string): Namehash {
  if (/^0x[0-9a-f]{64}$/.test(text)) return text as Namehash
  return namehash(parseName(text))
}

/** The bytes that a value stands for under this label. Throws `usage` and the protocol's own errors. */
export function encodeValue(label: string, value: string, asHex: boolean): Uint8Array {
  if (value === '') return new Uint8Array()
  if (asHex) {
    if (!/^0x([0-9a-f]{2})*$/i.test(value))
      throw usage(label, value, 'expected 0x and an even number of hexadecimal digits')
    return hexToBytes(value)
  }
  switch (HNS_NOTE_LABELS.find((known) => known === label)) {
    case '~net-key':
      return encodeNetKey(value as Hex)
    case '~ip':
      return encodeIp(value)
    case '~tcp-port':
    case '~udp-port':
    case '~ws-port':
    case '~wt-port':
      if (!/^\d{1,5}$/.test(value)) throw usage(label, value, 'expected a port, a whole number from 0 to 65535')
      return encodePort(Number(value))
    case '~routers':
      return encodeRouters(value.split(',').map((router) => parseRouter(router.trim())))
    case undefined:
      return utf8ToBytes(value)
  }
}

function checkLabel(name: Name, label: string): void {
  if (!/^[~!]/.test(label))
    throw usage('label', label, 'expected "~" before the label of a note, or "!" before that of a fact')
  try {
    parseEntryPath(`${label}.${name}`)
  } catch (error) {
    if (error instanceof NameError) throw usage('label', label, error.message)
    throw error
  }
}

/** `notes set`. */
export async function setNote(
  io: CommandIo,
  note: { name: Name; label: string; value: string },
  options: NotesSetOptions,
): Promise<void> {
  const { name, label } = note
  checkLabel(name, label)
  const data = encodeValue(label, note.value, options.hex === true)
  const client = await connectChain(options.rpc ?? getRunningNetwork(options.network).chain.rpcUrl)
  const entry = await getEntry(client, name)
  const signer = chooseSigner(client, options, entry)
  const receipt = await writeData(client, { signer, name, writes: [{ label, data }] })
  const done = { name, label, sizeBytes: data.length, hash: receipt.hash, block: receipt.block }
  if (options.json === true) io.out(JSON.stringify(done))
  else io.out(`wrote ${label} of ${name} in block ${receipt.block}: ${data.length} bytes`)
}
