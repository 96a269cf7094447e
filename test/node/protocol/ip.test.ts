import { isIP } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IpError, bytesToHex, formatIp, hexToBytes, parseIp } from '@hyperware/protocol'

describe('parseIp and formatIp', () => {
  test.each([
    ['127.0.0.1', '0x7f000001', '127.0.0.1'],
    ['0.0.0.0', '0x00000000', '0.0.0.0'],
    ['255.255.255.255', '0xffffffff', '255.255.255.255'],
    ['::', `0x${'00'.repeat(16)}`, '::'],
    ['::1', `0x${'00'.repeat(15)}01`, '::1'],
    ['1::', `0x0001${'00'.repeat(14)}`, '1::'],
    ['2001:db8::7', '0x20010db8000000000000000000000007', '2001:db8::7'],
    ['2001:DB8:0:0:0:0:0:7', '0x20010db8000000000000000000000007', '2001:db8::7'],
    ['2001:db8:0:1:1:1:1:1', '0x20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '0x20010000000000010000000000000001', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '0x20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['::ffff:192.0.2.1', '0x00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '0x0064ff9b0000000000000000c0000221', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7::', '0x00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
  ])('%s is %s', (text, bytes, formatted) => {
    expect(bytesToHex(parseIp(text))).toBe(bytes)
    expect(formatIp(hexToBytes(bytes))).toBe(formatted)
  })

  test.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '-1.2.3.4',
    '1.2.3.0x4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '[::1]',
    'fe80::1%eth0',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    `::${'0'.repeat(60)}1`,
  ])('%j is refused', (text) => {
    expect(() => parseIp(text)).toThrow(IpError)
    expect(() => parseIp(text)).toThrow(
      `Cannot parse IP address ${JSON.stringify(text)}: expected IPv4 such as 203.0.113.7 or IPv6 such as 2001:db8::7`,
    )
  })

  test('every address survives the journey through text', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.array(fc.constantFrom(0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(bytes, (address) => {
        expect(parseIp(formatIp(address))).toEqual(address)
        expect(isIP(formatIp(address))).toBe(address.length === 4 ? 4 : 6)
      }),
    )
  })

  test('an address is accepted when the platform accepts it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/)), (text) => {
        expect(accepts(text)).toBe(isIP(text) !== 0)
      }),
    )
  })

  test('bytes of another length are no address', () => {
    expect(() => formatIp(new Uint8Array(5))).toThrow('Cannot format IP address: it has 5 bytes, expected 4 or 16')
    expect(() => formatIp(new Uint8Array(1))).toThrow('Cannot format IP address: it has 1 byte, expected 4 or 16')
  })
})

function accepts(text: string): boolean {
  try {
    parseIp(text)
    return true
  } catch {
    return false
  }
}
