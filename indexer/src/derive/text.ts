import { type Hex, bytesToUtf8, hexToBytes } from '@hyperware/protocol'

// Control characters other than tab and line ends, and the marks that change how the text around them reads.
// oxlint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

/** Data as text when it is UTF-8 that can be shown as it is; null otherwise, and for no data at all. */
export function deriveText(data: Hex): string | null {
  if (data === '0x') return null
  const text = bytesToUtf8(hexToBytes(data))
  return text.ok && !UNPRINTABLE.test(text.value) ? text.value : null
}
