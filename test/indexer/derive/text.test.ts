import { type Hex, bytesToHex, utf8ToBytes } from '@hyperware/protocol'
import { expect, test } from 'vitest'
import { deriveText } from '../../../indexer/src/derive/text.ts'

test.each<[string, Hex, string | null]>([
  ['plain text', bytesToHex(utf8ToBytes('hello')), 'hello'],
  ['text of two lines', bytesToHex(utf8ToBytes('a\n\tb')), 'a\n\tb'],
  ['text beyond ASCII', bytesToHex(utf8ToBytes('héllo ✓')), 'héllo ✓'],
  ['no data', '0x', null],
  ['bytes that are no UTF-8', '0xff', null],
  ['a zero byte', '0x610062', null],
  ['an escape sequence', bytesToHex(utf8ToBytes('\u001b[31mred')), null],
  ['a mark that turns the direction of text', bytesToHex(utf8ToBytes('abc\u202edef')), null],
])('%s', (_what, data, text) => {
  expect(deriveText(data)).toBe(text)
})
