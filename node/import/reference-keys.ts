import { type Name, utf8ToBytes } from '@hyperware/protocol'
import { decodeKeyFileLayout } from '../keys/key-file-layout.ts'
import { namingKeyFile, readKeyFile } from '../keys/key-file-store.ts'
import { SEAL_OVERHEAD_BYTES } from '../keys/seal.ts'
import { decodeBincode } from './bincode.ts'

export type ReferenceKeys = {
  readonly name: Name
  /** The key file as this node reads it. */
  readonly bytes: Uint8Array
  /** Of the secret that signs logins. Files that the reference made at a registration have 2 (modules.md section 14). */
  readonly jwtSecretBytes: number
}

/**
 * Reads the key file of a reference home, as far as that goes without its password. Its layout is ours; files of old
 * releases hold the same six fields in bincode instead of JSON (modules.md section 14).
 * @throws KeyFileError
 */
export async function readReferenceKeys(home: string): Promise<ReferenceKeys> {
  const found = await readKeyFile(home)
  const bytes = fromBincode(found) ?? found
  const { name, sealedJwtSecret } = await namingKeyFile(home, () => decodeKeyFileLayout(bytes))
  return { name, bytes, jwtSecretBytes: sealedJwtSecret.length - SEAL_OVERHEAD_BYTES }
}

/** Undefined for anything that is not six fields of bincode. */
function fromBincode(bytes: Uint8Array): Uint8Array | undefined {
  const fields = decodeBincode(bytes, (reader) => {
    const inClear = [reader.text(), reader.list(8, () => reader.text())]
    return [...inClear, ...Array.from({ length: 4 }, () => Array.from(reader.bytes()))]
  })
  return fields.ok ? utf8ToBytes(JSON.stringify(fields.value)) : undefined
}
