import { quote } from '@hyperware/protocol'
import { ldbFailed } from './errors.ts'

export type DatabaseEntry = { readonly key: Uint8Array; readonly value: Uint8Array }

/** The longest key and value that are taken: ids of processes, and what a process kept as its state. */
const KEY_MAX_BYTES = 4_096
export const VALUE_MAX_BYTES = 256 * 1_024 * 1_024
const LINE_MAX_BYTES = 2 * (KEY_MAX_BYTES + VALUE_MAX_BYTES) + 16

const NEWLINE = 0x0a
/** What stands between key and value, in older releases of the tool and in newer ones. */
const SEPARATORS = [' : ', ' ==> '].map((text) => Buffer.from(text))
/** Hexadecimal digits that are decoded at a time: a value may be longer than a string can be. */
const DIGITS_AT_ONCE = 1 << 20

/** Takes apart what `ldb scan --hex` prints: a line `0xKEY : 0xVALUE` for each entry, whatever pieces it arrives in. */
export function createScanReader(lineMaxBytes: number = LINE_MAX_BYTES): {
  /** The entries that are complete with this piece. @throws ImportError */
  read: (chunk: Uint8Array) => readonly DatabaseEntry[]
  /** @throws ImportError when a line is left that never ended. */
  end: () => void
} {
  let parts: Uint8Array[] = []
  let held = 0

  function hold(part: Uint8Array): void {
    held += part.length
    if (held > lineMaxBytes) throw ldbFailed(`an entry is longer than the ${lineMaxBytes} bytes that it may print as`)
    if (part.length > 0) parts.push(part)
  }

  return {
    read(chunk) {
      const entries: DatabaseEntry[] = []
      let start = 0
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        hold(chunk.subarray(start, end))
        entries.push(readLine(Buffer.concat(parts)))
        parts = []
        held = 0
        start = end + 1
      }
      hold(chunk.subarray(start))
      return entries
    },
    end() {
      if (held > 0) throw unexpected(Buffer.concat(parts))
    },
  }
}

function readLine(line: Buffer): DatabaseEntry {
  const keyEnd = line.indexOf(' ')
  const separator = SEPARATORS.find((each) => line.subarray(keyEnd, keyEnd + each.length).equals(each))
  if (keyEnd === -1 || separator === undefined) throw unexpected(line)
  const key = decodeHex(line.subarray(0, keyEnd))
  const value = decodeHex(line.subarray(keyEnd + separator.length))
  if (key === undefined || value === undefined) throw unexpected(line)
  return { key, value }
}

/** Undefined when these are not `0x` and pairs of digits. */
function decodeHex(text: Buffer): Uint8Array | undefined {
  if (text.length % 2 !== 0 || text[0] !== 0x30 || text[1] !== 0x78) return undefined
  const bytes = new Uint8Array(text.length / 2 - 1)
  for (let at = 2; at < text.length; at += DIGITS_AT_ONCE) {
    const digits = text.subarray(at, at + DIGITS_AT_ONCE)
    const piece = Buffer.from(digits.toString('latin1'), 'hex')
    if (piece.length * 2 !== digits.length) return undefined
    bytes.set(piece, at / 2 - 1)
  }
  return bytes
}

function unexpected(line: Buffer): Error {
  return ldbFailed(`it printed ${quote(line.toString('latin1', 0, 100))}, expected a line "0xKEY : 0xVALUE"`)
}
