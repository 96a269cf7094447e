import { describe, expect, test } from 'vitest'
import {
  compareSpecificity,
  compilePattern,
  matchPattern,
  type PathPattern,
} from '../../../../node/modules/http-server/path-pattern.ts'

function pattern(path: string): PathPattern {
  const compiled = compilePattern(path)
  if (compiled === undefined) throw new Error(`${path} has too many parts`)
  return compiled
}

describe('a path', () => {
  test.each([
    ['/a:b:c.os/x', '/a:b:c.os/x', {}],
    ['/a:b:c.os/x', '/a:b:c.os/xy', undefined],
    ['/a:b:c.os/x', '/a:b:c/os/x', undefined],
    ['/a/:id', '/a/7', { id: '7' }],
    ['/a/:id', '/a/7.png', { id: '7.png' }],
    ['/a/:id', '/a/', undefined],
    ['/a/:id', '/a/7/8', undefined],
    ['/a/:id/b/:n', '/a/7/b/8', { id: '7', n: '8' }],
    ['/a/:name.:type', '/a/cat.png', { name: 'cat', type: 'png' }],
    ['/a/*rest', '/a/b/c.d/e', { rest: 'b/c.d/e' }],
    ['/a/*rest', '/a/', undefined],
    ['/a/*rest/end', '/a/b/end/end', { rest: 'b/end' }],
    ['/a/*rest/end', '/a/end', undefined],
    ['/a/*', '/a/b', { '': 'b' }],
  ])('bound as %s is asked for as %s: %j', (bound, asked, params) => {
    const found = matchPattern(pattern(bound), asked)
    expect(found && Object.fromEntries(found)).toEqual(params)
  })

  test('with more static parts says more, then with more names, then with more wildcards', () => {
    const ordered = ['/a/b/:c', '/a/:b/:c', '/a/:b', '/a/*b']
    const sorted = ordered.toReversed().map(pattern).toSorted(compareSpecificity)
    expect(sorted).toEqual(ordered.map(pattern))
  })

  test('of hostile wildcards ends: trying all ways to share the parts out would take longer than anybody lives', () => {
    const bound = pattern(`/${Array.from({ length: 16 }, (_, index) => `*w${index}`).join('/x/')}`)
    expect(matchPattern(bound, `/${'x/'.repeat(4_000)}y`)).toBeDefined()
    expect(matchPattern(bound, `/${'x'.repeat(8_000)}`)).toBeUndefined()
  })

  test('of too many parts is none', () => {
    expect(compilePattern('/a'.repeat(33))).toBeUndefined()
  })
})
