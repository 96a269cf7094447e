import { bytesToUtf8, findNameProblem, type Name, parseName, utf8ToBytes } from '@hyperware/protocol'
import { corrupt } from './errors.ts'
import { PKCS8_BYTES, PKCS8_LEGACY_BYTES } from './pkcs8.ts'
import { SEAL_OVERHEAD_BYTES } from './seal.ts'

/** A key file is about 1 KB; anything far beyond is not one. */
export const KEY_FILE_MAX_BYTES = 65_536
const ROUTERS_MAX = 64
const SALT_BYTES = 32
const SECRET_MAX_BYTES = 1_024

/** The six fields of a key file, in order (modules.md section 14): name and routers are in clear. */
export type KeyFileLayout = {
  name: Name
  routers: readonly Name[]
  salt: Uint8Array
  sealedNetKey: Uint8Array
  sealedJwtSecret: Uint8Array
  sealedFileKey: Uint8Array
}

/** A JSON array of six; bytes are arrays of numbers. */
export function encodeKeyFileLayout(layout: KeyFileLayout): Uint8Array {
  const parts = [layout.salt, layout.sealedNetKey, layout.sealedJwtSecret, layout.sealedFileKey]
  return utf8ToBytes(JSON.stringify([layout.name, layout.routers, ...parts.map((part) => Array.from(part))]))
}

/**
 * Checks everything that can be checked without a password.
 * @throws KeyFileError `key-file-corrupt`, naming the field.
 */
export function decodeKeyFileLayout(bytes: Uint8Array): KeyFileLayout {
  if (bytes.length === 0) throw corrupt('the file', 'is empty')
  if (bytes.length > KEY_FILE_MAX_BYTES) {
    throw corrupt('the file', `is ${bytes.length} bytes long, expected at most ${KEY_FILE_MAX_BYTES}`)
  }
  const fields = parseFields(bytes)
  const keyLengths = [PKCS8_BYTES + SEAL_OVERHEAD_BYTES, PKCS8_LEGACY_BYTES + SEAL_OVERHEAD_BYTES]
  return {
    name: readName(fields[0], 'field 0 (name)'),
    routers: readRouters(fields[1]),
    salt: readBytes(fields[2], 'field 2 (salt)', [SALT_BYTES]),
    sealedNetKey: readBytes(fields[3], 'field 3 (networking key)', keyLengths),
    sealedJwtSecret: readSecret(fields[4], 'field 4 (JWT secret)'),
    sealedFileKey: readSecret(fields[5], 'field 5 (file key)'),
  }
}

function parseFields(bytes: Uint8Array): readonly unknown[] {
  const text = bytesToUtf8(bytes)
  if (!text.ok) throw corrupt('the file', 'is not text, expected a JSON array of six')
  const fields = parseJson(text.value)
  if (!Array.isArray(fields)) throw corrupt('the file', 'is not a JSON array')
  if (fields.length !== 6) throw corrupt('the file', `has ${fields.length} fields, expected 6`)
  return fields
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message may quote the file, so it is not repeated.
    throw corrupt('the file', 'is not valid JSON: it was cut short or edited')
  }
}

function readName(value: unknown, where: string): Name {
  if (typeof value !== 'string' || value === '' || findNameProblem(value) !== undefined) {
    throw corrupt(where, 'is not a name, expected dotted labels such as "alice-home.os"')
  }
  return parseName(value)
}

function readRouters(value: unknown): readonly Name[] {
  if (!Array.isArray(value)) throw corrupt('field 1 (routers)', 'is not an array of names')
  if (value.length > ROUTERS_MAX) {
    throw corrupt('field 1 (routers)', `has ${value.length} names, expected at most ${ROUTERS_MAX}`)
  }
  return value.map((router, index) => readName(router, `field 1 (routers), item ${index},`))
}

function readSecret(value: unknown, where: string): Uint8Array {
  const bytes = readBytes(value, where)
  if (bytes.length <= SEAL_OVERHEAD_BYTES || bytes.length > SECRET_MAX_BYTES) {
    const expected = `${SEAL_OVERHEAD_BYTES + 1} to ${SECRET_MAX_BYTES}`
    throw corrupt(where, `is ${bytes.length} bytes long, expected ${expected}`)
  }
  return bytes
}

function readBytes(value: unknown, where: string, lengths?: readonly number[]): Uint8Array {
  if (!Array.isArray(value)) throw corrupt(where, 'is not an array of bytes')
  const badAt = value.findIndex((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255)
  if (badAt !== -1) throw corrupt(where, `has no byte at position ${badAt}, expected a number from 0 to 255`)
  if (lengths && !lengths.includes(value.length)) {
    throw corrupt(where, `is ${value.length} bytes long, expected ${lengths.join(' or ')}`)
  }
  return Uint8Array.from(value)
}
