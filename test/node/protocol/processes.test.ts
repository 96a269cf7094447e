import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ProcessError,
  decodeAddress,
  equalAddresses,
  formatAddress,
  formatError,
  formatPackageId,
  formatProcessId,
  isHypermapSafe,
  isHypermapSafeAddress,
  parseAddress,
  parsePackageId,
  parseProcessId,
  replyTarget,
} from '@hyperware/protocol'

const part = fc.string({ minLength: 1 }).filter((text) => !/[:@]/.test(text))

describe('process ids and addresses', () => {
  test('are read into their parts', () => {
    expect(parseProcessId('hi:terminal:sys')).toEqual({ process: 'hi', package: 'terminal', publisher: 'sys' })
    expect(parseAddress('alice.os@main:chat:template.os')).toEqual({
      node: 'alice.os',
      process: { process: 'main', package: 'chat', publisher: 'template.os' },
    })
    expect(parsePackageId('chat:template.os')).toEqual({ package: 'chat', publisher: 'template.os' })
  })

  test('survive the journey through text, whatever their characters', () => {
    fc.assert(
      fc.property(part, part, part, part, (node, process, packageName, publisher) => {
        const address = { node, process: { process, package: packageName, publisher } }
        expect(parseAddress(formatAddress(address))).toEqual(address)
        expect(decodeAddress(formatAddress(address))).toEqual({ ok: true, value: address })
        expect(parseProcessId(formatProcessId(address.process))).toEqual(address.process)
        const id = { package: packageName, publisher }
        expect(parsePackageId(formatPackageId(id))).toEqual(id)
      }),
    )
  })

  test.each([
    ['', 'it has 0 at signs, expected exactly 1'],
    ['a:b:c', 'it has 0 at signs, expected exactly 1'],
    ['n@m@a:b:c', 'it has 2 at signs, expected exactly 1'],
    ['n@a:b:c@', 'it has 2 at signs, expected exactly 1'],
    ['@a:b:c', 'the node before the at sign is missing'],
    ['n@', 'it has 0 colons, expected exactly 2'],
    ['n@a:b', 'it has 1 colon, expected exactly 2'],
    ['n@a:b:c:d', 'it has 3 colons, expected exactly 2'],
    ['n@:b:c', 'the process is empty'],
    ['n@a::c', 'the package is empty'],
    ['n@a:b:', 'the publisher is empty'],
  ])('the address %j is refused', (text, problem) => {
    const error = caught(() => parseAddress(text))
    expect(error).toBeInstanceOf(ProcessError)
    expect(formatError(error)).toBe(
      `Cannot parse address "${text}": ${problem}\nHint: write it as node@process:package:publisher`,
    )
    expect(decodeAddress(text)).toEqual({
      ok: false,
      problem: `address "${text}" is not node@process:package:publisher: ${problem}`,
    })
  })

  test.each([
    ['', 'it has 0 colons, expected exactly 1'],
    ['a', 'it has 0 colons, expected exactly 1'],
    ['a:b:c', 'it has 2 colons, expected exactly 1'],
    [':b', 'the package is empty'],
    ['a:', 'the publisher is empty'],
  ])('the package id %j is refused', (text, problem) => {
    expect(formatError(caught(() => parsePackageId(text)))).toBe(
      `Cannot parse package id "${text}": ${problem}\nHint: write it as package:publisher`,
    )
  })

  test.each([
    ['alice.os@main:chat:template.os', true],
    ['alice.os@1234567890:terminal:sys', true],
    ['alice.os@my_app:chat:template.os', false],
    ['alice.os@main:Chat:template.os', false],
    ['alice.os@main:chat.x:template.os', false],
    ['Alice.os@main:chat:template.os', false],
    ['alice.os@main:chat:template os', false],
    ['alice.os@main:chat:template.os\n', false],
  ])('%j is safe: %s', (text, isSafe) => {
    expect(isHypermapSafeAddress(parseAddress(text))).toBe(isSafe)
    expect(isHypermapSafe(parseAddress(text).process)).toBe(isSafe || text.startsWith('Alice'))
  })

  test('are equal when every part is', () => {
    const address = parseAddress('a.os@b:c:d')
    expect(equalAddresses(address, parseAddress('a.os@b:c:d'))).toBe(true)
    for (const other of ['x.os@b:c:d', 'a.os@x:c:d', 'a.os@b:x:d', 'a.os@b:c:x']) {
      expect(equalAddresses(address, parseAddress(other))).toBe(false)
    }
  })

  test('a response goes to rsvp when there is one, else to the source', () => {
    const source = parseAddress('a.os@b:c:d')
    const rsvp = parseAddress('third.os@b:c:d')
    expect(replyTarget({ source, rsvp })).toBe(rsvp)
    expect(replyTarget({ source, rsvp: undefined })).toBe(source)
  })
})

function caught(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('expected an error, but none was thrown')
}
