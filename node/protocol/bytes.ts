import { type Decoded, HyperwareError, countOf, decoded, quote, undecodable } from './errors.ts'

/** Bytes as text: `0x` and two lower-case digits per byte. Structurally the `Hex` of viem. */
export type Hex = `0x${string}`

export type BytesProblem =
  | { code: 'hex-prefix'; text: string }
  | { code: 'hex-odd-length'; text: string; digits: number }
  | { code: 'hex-character'; text: string; character: string }

/** Thrown by `hexToBytes`. */
export class BytesError extends HyperwareError<BytesProblem> {}

const DIGITS = '0123456789abcdef'
const PAIRS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15),
)

export function bytesToHex(bytes: Uint8Array): Hex {
  let text = '0x'
  for (const byte of bytes) text += PAIRS[byte] ?? ''
  return text as Hex
}

/** Decodes `0x` and an even number of hexadecimal digits of either case. Throws `BytesError`. */
export function hexToBytes(text: string): Uint8Array {
  if (!text.startsWith('0x')) {
    throw new BytesError({ code: 'hex-prefix', text }, `Cannot decode hex ${quote(text)}: it must start with 0x`)
  }
  const digits = text.length - 2
  if (digits % 2 !== 0) {
    throw new BytesError(
      { code: 'hex-odd-length', text, digits },
      `Cannot decode hex ${quote(text)}: it has ${countOf(digits, 'digit')}, expected an even number`,
    )
  }
  const bytes = new Uint8Array(digits / 2)
  for (let index = 0; index < bytes.length; index++) {
    const high = digitAt(text, 2 + 2 * index)
    const low = digitAt(text, 3 + 2 * index)
    bytes[index] = (high << 4) | low
  }
  return bytes
}

function digitAt(text: string, index: number): number {
  const code = text.charCodeAt(index)
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  if (lower >= 97 && lower <= 102) return lower - 87
  const character = text.charAt(index)
  throw new BytesError(
    { code: 'hex-character', text, character },
    `Cannot decode hex ${quote(text)}: character ${quote(character)} is not a hexadecimal digit`,
  )
}

/** Whether `text` is `0x` and hexadecimal digits, of exactly `sizeBytes` bytes when that is given. */
export function isHex(text: string, sizeBytes?: number): text is Hex {
  if (text.length % 2 !== 0 || !/^0x[0-9a-fA-F]*$/.test(text)) return false
  return sizeBytes === undefined || text.length === 2 + 2 * sizeBytes
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const part of parts) size += part.length
  const whole = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Compares contents. Not in constant time: never use it on secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}

const encoder = new TextEncoder()
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8. A lone surrogate becomes U+FFFD, as everywhere in the platform. */
export function utf8ToBytes(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Strict UTF-8: anything ill-formed is a problem, and a byte order mark is kept as a character. */
export function bytesToUtf8(bytes: Uint8Array): Decoded<string> {
  try {
    return decoded(strictDecoder.decode(bytes))
  } catch (error) {
    if (error instanceof TypeError) return undecodable('the bytes are not valid UTF-8')
    throw error
  }
}
