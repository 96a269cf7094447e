import { type Hex, bytesToHex, utf8ToBytes } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { deriveNote } from '../../../indexer/src/derive/note.ts'

const KEY = `0x${'11'.repeat(32)}` as const

describe('notes that can be read have no problem', () => {
  test.each<[string, Hex]>([
    ['~net-key', KEY],
    ['~ip', '0x7f000001'],
    ['~tcp-port', '0x2328'],
    ['~routers', KEY],
    ['~net-key', '0x'],
    ['~metadata-uri', bytesToHex(utf8ToBytes('https://example.org/metadata.json'))],
    ['~whatever', '0xff00ff'],
    ['~whatever', '0x'],
  ])('%s of %s', (label, data) => {
    expect(deriveNote({ label, data }).problem).toBeUndefined()
  })
})

describe('notes that cannot be read say why, and change nothing', () => {
  test.each<[string, Hex, string]>([
    ['~net-key', `0x${'11'.repeat(31)}`, '~net-key is 31 bytes, expected 32'],
    ['~net-key', `0x${'11'.repeat(10_240)}`, '~net-key is 10240 bytes, expected 32'],
    ['~ip', '0x7f0000', '~ip is 3 bytes, expected 4 or 16'],
    ['~tcp-port', '0x002328', '~tcp-port is 3 bytes, expected 2'],
    ['~wt-port', '0x23', '~wt-port is 1 byte, expected 2'],
    ['~routers', `${KEY}00`, '~routers is 33 bytes, expected a multiple of 32'],
    ['~metadata-uri', '0xfffe', '~metadata-uri is not valid UTF-8'],
  ])('$2', (label, data, problem) => {
    const note = deriveNote({ label, data })
    expect(note.problem).toBe(problem)
    expect(note.hnsNote).toBeUndefined()
  })
})

test('a malformed note of the identity still counts as one, so that its identity shows the problem', () => {
  expect(deriveNote({ label: '~ip', data: '0x00' }).identityLabel).toBe('~ip')
  expect(deriveNote({ label: '~metadata-uri', data: '0xff' }).identityLabel).toBeUndefined()
})
