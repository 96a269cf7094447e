import { type Name, utf8ToBytes } from '@hyperware/protocol'
import { readKeyFileHeader } from '../keys/key-file.ts'
import { readKeyFile } from '../keys/key-file-store.ts'
import { decodeBincode } from './bincode.ts'

/**
 * The key file of a reference home, as this node reads it. Its layout is ours; files of old releases hold the same six
 * fields in bincode instead of JSON (modules.md section 14).
 * @throws KeyFileError
 */
export async function readReferenceKeys(home: string): Promise<{ readonly name: Name; readonly bytes: Uint8Array }> {
  const found = await readKeyFile(home)
  const bytes = fromBincode(found) ?? found
  return { name: readKeyFileHeader(bytes).name, bytes }
}

/** Undefined for anything that is not six fields of bincode. */
function fromBincode(bytes: Uint8Array): Uint8Array | undefined {
  const fields = decodeBincode(bytes, (reader) => {
    const inClear = [reader.text(), reader.list(8, () => reader.text())]
    return [...inClear, ...Array.from({ length: 4 }, () => Array.from(reader.bytes()))]
  })
  return fields.ok ? utf8ToBytes(JSON.stringify(fields.value)) : undefined
}
