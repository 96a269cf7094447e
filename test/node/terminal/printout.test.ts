import { describe, expect, test } from 'vitest'
import {
  decodeOverrides,
  formatPrintout,
  isShown,
  printable,
  type Printout,
  type Verbosity,
  type VerbosityOverride,
} from '../../../node/terminal/printout.ts'

const at = new Date(2026, 10, 21, 9, 5)
const line = (verbosity: number, text = 'hello', source = 'chat:chat:template.os'): Printout => ({
  verbosity,
  source,
  text,
})

describe('verbosity', () => {
  const verbosity: Verbosity = {
    level: 1,
    overrides: new Map<string, VerbosityOverride>([
      ['loud:a:b', 3],
      ['spam:a:b', 'muted'],
    ]),
  }
  test.each<[Printout, boolean]>([
    [line(0), true],
    [line(1), true],
    [line(2), false],
    [line(3, 'x', 'loud:a:b'), true],
    [line(4, 'x', 'loud:a:b'), false],
    [line(0, 'x', 'spam:a:b'), false],
  ])('%j is shown: %s', (printout, shown) => {
    expect(isShown(verbosity, printout)).toBe(shown)
  })

  test('an override may also ask for less than the others', () => {
    expect(isShown({ level: 3, overrides: new Map([['a:b:c', 0]]) }, line(1, 'x', 'a:b:c'))).toBe(false)
  })

  test('overrides are read from JSON', () => {
    expect(decodeOverrides('{"chat:chat:template.os":{"U8":3},"spam:spam:x.os":"Muted"}')).toEqual({
      ok: true,
      value: new Map<string, number | 'muted'>([
        ['chat:chat:template.os', 3],
        ['spam:spam:x.os', 'muted'],
      ]),
    })
  })

  test.each([
    ['[]', '"[]" is not an object of process ids'],
    ['{', 'the JSON has the end at character 1, expected a field name'],
    ['{"chat":"Muted"}', 'process id "chat" is not process:package:publisher: it has 0 colons, expected exactly 2'],
    ['{"a:b:c":{"U8":256}}', 'the verbosity of a:b:c is not "Muted" or {"U8":0 to 255}'],
    ['{"a:b:c":3}', 'the verbosity of a:b:c is not "Muted" or {"U8":0 to 255}'],
  ])('%s is refused', (text, problem) => {
    expect(decodeOverrides(text)).toEqual({ ok: false, problem })
  })
})

describe('a line on the screen', () => {
  test.each([
    [0, 'Sat 09:05 hello\u001b[0m'],
    [1, 'Sat 09:05 \u001b[32mhello\u001b[0m'],
    [2, 'Sat 09:05 \u001b[35mhello\u001b[0m'],
    [3, 'Sat 09:05 \u001b[31mhello\u001b[0m'],
    [4, 'Sat 09:05 \u001b[31mhello\u001b[0m'],
  ])('of verbosity %i has its colour', (verbosity, text) => {
    expect(formatPrintout(line(verbosity), at, { colours: true })).toBe(text)
  })

  test('has none where there are no colours', () => {
    expect(formatPrintout(line(2, '\u001b[1mbold\u001b[0m'), at, { colours: false })).toBe('Sat 09:05 bold')
  })

  test.each([
    ['lines\nand\ttabs stay', 'lines\nand\ttabs stay'],
    ['\u001b[3;32mcolours stay\u001b[0m', '\u001b[3;32mcolours stay\u001b[0m'],
    ['\u001b[2Jcleared', '[2Jcleared'],
    ['\u001b]0;title\u0007', ']0;title'],
    ['\rover\u0008written\u009b5A', 'overwritten5A'],
  ])('%j becomes %j', (text, safe) => {
    expect(printable(text)).toBe(safe)
  })
})
