import { describe, expect, test } from 'vitest'
import { ComponentExportError, renameExport } from '../../../node/kit/component-exports.ts'

/** Components by hand: preamble, then sections of an id, a length and bytes (Component Model, binary format). */

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]
const section = (id: number, content: readonly number[]) => [id, ...leb(content.length), ...content]
const leb = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)])
const name = (text: string) => [0x00, ...leb(text.length), ...Buffer.from(text)]
/** One export of a function, without a type. */
const exporting = (text: string) => section(11, [1, ...name(text), 0x01, 0x00, 0x00])
const component = (...sections: readonly (readonly number[])[]) => Uint8Array.from([...PREAMBLE, ...sections.flat()])
const custom = section(0, [...name('a custom section'), ...name('start')])

const LONG = 'x'.repeat(200)

describe('an export is renamed, and every other byte stays', () => {
  test.each([
    ['the only one', component(exporting('start')), component(exporting('init'))],
    ['behind others', component(custom, exporting('start'), custom), component(custom, exporting('init'), custom)],
    [
      'beside another, whose name it begins',
      component(exporting('start-more'), exporting('start')),
      component(exporting('start-more'), exporting('init')),
    ],
    [
      'into a longer name, so that the length takes two bytes',
      component(exporting('start')),
      component(exporting(LONG)),
    ],
  ])('%s', (_, before, after) => {
    const to = after.length > 200 ? LONG : 'init'
    expect([...renameExport(before, 'start', to)]).toEqual([...after])
  })
})

describe('is refused:', () => {
  test.each([
    ['an export that is not there', component(exporting('begin')), 'the component has no export of that name'],
    ['a name that is only in a custom section', component(custom), 'the component has no export of that name'],
    ['a component without sections', component(), 'the component has no export of that name'],
    ['no component', new Uint8Array(0), 'it does not begin as a component does'],
    [
      'a module, which is no component',
      Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]),
      'it does not begin as a component does',
    ],
    ['a section that reaches beyond the end', component([11, 40, 1]), 'section 11 at byte 8 reaches beyond the end'],
    ['a length that is cut off', component([11, 0x80]), 'a length at byte 9 is cut off'],
    ['a section without a length', component([11]), 'a length at byte 9 is cut off'],
    ['a length of six bytes', component([11, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]), 'longer than five bytes'],
  ])('%s', (_, bytes, words) => {
    expect(() => renameExport(bytes, 'start', 'init')).toThrow(ComponentExportError)
    expect(() => renameExport(bytes, 'start', 'init')).toThrow(words)
  })
})
