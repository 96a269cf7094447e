import { expect, test } from 'vitest'
import { instrumentBranches } from '../../../scripts/branches/instrument.ts'
import { parse } from '../../../scripts/branches/parse.ts'

const SOURCE = `pragma solidity 0.8.34;
contract Sample {
    constructor() {}
    function ask(uint256 a, bool b) external view returns (uint256 c) {
        if (a > 1 && (b || a == 7)) c = b ? 1 : 2;
        while (true) {
            for (uint256 i = 0; i < a; ++i) c += i;
            try this.ask(0, b) {} catch {}
            assembly {
                if gt(a, 5) { c := 9 }
                for {} lt(c, a) { c := add(c, 1) } {}
            }
            bool done = a == 0 || b;
            if (done) break;
        }
    }
}
`

test('every way that something can go is listed, with its line', () => {
  const { outcomes } = instrumentBranches('Sample.sol', SOURCE, parse)
  expect(outcomes.map(({ line, went, text }) => `${line} ${went} ${text}`)).toEqual([
    '3 begun constructor() {}',
    '4 begun function ask(uint256 a, bool b) external view returns (uint256 c) { if …',
    ...both(5, 'a > 1'),
    ...both(5, 'b'),
    ...both(5, 'a == 7'),
    ...both(5, 'b'),
    ...both(7, 'i < a'),
    '8 begun {}',
    '8 begun catch {}',
    ...both(10, 'gt(a, 5)'),
    ...both(11, 'lt(c, a)'),
    ...both(13, 'a == 0'),
    ...both(13, 'b'),
    ...both(14, 'done'),
  ])
  expect(new Set(outcomes.map(({ tag }) => tag)).size).toBe(outcomes.length)
})

test('each outcome is reported once, on the line it was on, by code that parses', () => {
  const { source, outcomes } = instrumentBranches('Sample.sol', SOURCE, parse)
  expect(() => parse(source)).not.toThrow()
  const lines = source.split('\n')
  for (const { tag, line } of outcomes) {
    expect(source.split(tag)).toHaveLength(2)
    expect(lines[line - 1]).toContain(tag)
  }
})

test('a switch, whose cases would go unseen, is refused', () => {
  const source = 'contract A { function f(uint256 a) external pure { assembly { switch a case 0 {} default {} } } }'
  expect(() => instrumentBranches('A.sol', source, parse)).toThrow('Cannot report the cases of the switch at A.sol')
})

function both(line: number, text: string): string[] {
  return [`${line} true ${text}`, `${line} false ${text}`]
}
