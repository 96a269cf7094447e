import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BytesError,
  HyperwareError,
  bytesToHex,
  bytesToUtf8,
  concatBytes,
  equalBytes,
  formatError,
  hexToBytes,
  isHex,
  quote,
  unreachable,
  utf8ToBytes,
} from '@hyperware/protocol'

describe('hex', () => {
  test('every byte string survives the journey through text', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(bytesToHex(bytes)).toBe(`0x${Buffer.from(bytes).toString('hex')}`)
        expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes)
        expect(hexToBytes(`0x${bytesToHex(bytes).slice(2).toUpperCase()}`)).toEqual(bytes)
        expect(isHex(bytesToHex(bytes), bytes.length)).toBe(true)
      }),
    )
  })

  test.each([
    ['', 'hex-prefix', 'Cannot decode hex "": it must start with 0x'],
    ['ab', 'hex-prefix', 'Cannot decode hex "ab": it must start with 0x'],
    ['0x1', 'hex-odd-length', 'Cannot decode hex "0x1": it has 1 digit, expected an even number'],
    ['0x123', 'hex-odd-length', 'Cannot decode hex "0x123": it has 3 digits, expected an even number'],
    ['0xag', 'hex-character', 'Cannot decode hex "0xag": character "g" is not a hexadecimal digit'],
    ['0x 1', 'hex-character', 'Cannot decode hex "0x 1": character " " is not a hexadecimal digit'],
    ['0x@0', 'hex-character', 'Cannot decode hex "0x@0": character "@" is not a hexadecimal digit'],
    ['0x0`', 'hex-character', 'Cannot decode hex "0x0`": character "`" is not a hexadecimal digit'],
  ])('%j is refused as %s', (text, code, message) => {
    expect(isHex(text)).toBe(false)
    try {
      hexToBytes(text)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(BytesError)
      expect(error).toMatchObject({ code, message })
    }
  })

  test('a size that does not fit is not the hex asked for', () => {
    expect(isHex('0xabcd', 2)).toBe(true)
    expect(isHex('0xabcd', 1)).toBe(false)
    expect(isHex('0x', 0)).toBe(true)
  })
})

describe('bytes', () => {
  test('are joined and compared by content', () => {
    expect(concatBytes()).toEqual(new Uint8Array(0))
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3))
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false)
  })

  test('are text only when they are strict UTF-8', () => {
    expect(bytesToUtf8(utf8ToBytes('grüße 😀'))).toEqual({ ok: true, value: 'grüße 😀' })
    expect(bytesToUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toEqual({ ok: true, value: '\ufeffa' })
    for (const bad of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80]]) {
      expect(bytesToUtf8(Uint8Array.from(bad))).toEqual({ ok: false, problem: 'the bytes are not valid UTF-8' })
    }
  })
})

describe('errors', () => {
  class SampleError extends HyperwareError<{ code: 'sample'; size: number }> {}

  test('carry a code, their fields, a hint and the cause', () => {
    const cause = new Error('disk full')
    const error = new SampleError({ code: 'sample', size: 3 }, 'Cannot do it', { hint: 'try again', cause })
    expect(error).toMatchObject({ name: 'SampleError', code: 'sample', problem: { size: 3 }, hint: 'try again', cause })
    expect(formatError(error)).toBe('Cannot do it\nHint: try again')
  })

  test('without a hint are their message alone', () => {
    const error = new SampleError({ code: 'sample', size: 3 }, 'Cannot do it')
    expect(formatError(error)).toBe('Cannot do it')
    expect('cause' in error).toBe(false)
    expect(formatError(new Error('plain'))).toBe('plain')
    expect(formatError('text')).toBe('text')
  })

  test('an impossible case names its value', () => {
    expect(() => unreachable({ kind: 'new' } as never)).toThrow(
      'Cannot continue: the value "{\\"kind\\":\\"new\\"}" should be impossible here',
    )
    expect(() => unreachable(5n as never)).toThrow('Cannot continue: the value "5" should be impossible here')
  })

  test('untrusted text is quoted so that it cannot rewrite a line', () => {
    expect(quote('a"b\n\u001b[31m')).toBe('"a\\"b\\n\\u001b[31m"')
    expect(quote('\u202eevil\u009b\u2028')).toBe('"\\u202eevil\\u009b\\u2028"')
    expect(quote('x'.repeat(81))).toBe(`"${'x'.repeat(80)}…"`)
  })
})
