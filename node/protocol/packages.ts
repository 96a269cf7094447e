import { type Hex, bytesToHex, bytesToUtf8 } from './bytes.ts'
import { type Decoded, countOf, decoded, undecodable } from './errors.ts'
import { type Name, splitName } from './names.ts'
import type { PackageId } from './processes.ts'

export const PACKAGE_NOTE_LABELS = ['~metadata-uri', '~metadata-hash'] as const
export type PackageNoteLabel = (typeof PACKAGE_NOTE_LABELS)[number]

/** The longest metadata address read from a note, in bytes. */
export const METADATA_URI_MAX_BYTES = 2048

/**
 * A note of a package, decoded (onchain.md section 6). A hash written as text (`0x` and 64 digits, what publishing
 * tools write) is keccak-256 of `metadata.json`; one written as 32 raw bytes is SHA-256 by the whitepaper, and to be
 * tried as keccak-256 after that. Empty data clears the note.
 */
export type PackageNote =
  | { label: '~metadata-uri'; uri: string }
  | { label: '~metadata-hash'; hash: Hex; form: 'text' | 'raw' }
  | { label: PackageNoteLabel; cleared: true }

/** Decodes the data of a package's note. Undefined when `label` is not one. */
export function decodePackageNote(label: string, data: Uint8Array): Decoded<PackageNote> | undefined {
  if (label !== '~metadata-uri' && label !== '~metadata-hash') return undefined
  if (data.length === 0) return decoded({ label, cleared: true })
  return label === '~metadata-uri' ? decodeMetadataUri(data) : decodeMetadataHash(data)
}

function decodeMetadataUri(data: Uint8Array): Decoded<PackageNote> {
  if (data.length > METADATA_URI_MAX_BYTES) {
    return undecodable(`~metadata-uri is ${countOf(data.length, 'byte')}, expected at most ${METADATA_URI_MAX_BYTES}`)
  }
  const text = bytesToUtf8(data)
  if (!text.ok) return undecodable('~metadata-uri is not valid UTF-8')
  if (/\p{Cc}/u.test(text.value)) return undecodable('~metadata-uri contains a control character')
  return decoded({ label: '~metadata-uri', uri: text.value })
}

function decodeMetadataHash(data: Uint8Array): Decoded<PackageNote> {
  if (data.length === 32) return decoded({ label: '~metadata-hash', hash: bytesToHex(data), form: 'raw' })
  if (data.length !== 66) {
    return undecodable(
      `~metadata-hash is ${countOf(data.length, 'byte')}, expected 66 (0x and 64 hexadecimal digits as text) or 32`,
    )
  }
  const text = String.fromCharCode(...data)
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) {
    return undecodable('~metadata-hash is 66 bytes but not 0x and 64 hexadecimal digits')
  }
  return decoded({ label: '~metadata-hash', hash: text.toLowerCase() as Hex, form: 'text' })
}

/** The package an entry stands for: `chat.template.os` is `chat:template.os`. Undefined for the root and top-level zones. */
export function packageIdOfEntry(name: Name): PackageId | undefined {
  const split = splitName(name)
  return split === undefined || split.parent === '' ? undefined : { package: split.label, publisher: split.parent }
}
