import { expect, test } from 'vitest'
import { hardhatReport, vitestReport } from '../../scripts/test-report.ts'

test('a run of Hardhat: what passed, and each failure with its reason', () => {
  const output = `
  test/contracts/Mint.t.sol:MintTest
    1) test_mint(uint256)
    ✔ test_other()


  763 passing
  2 failing

  1) MintTest#test_mint(uint256)
    Error: EvmError: Revert
      at MintTest.test_mint (test/contracts/Mint.t.sol:9)

    Counterexample:
      args: 4974

  2) \u001b[31mMintTest#test_name()\u001b[39m
    \u001b[31mError: one is not two\u001b[39m
`
  expect(hardhatReport(output)).toEqual({
    passed: 763,
    failed: [
      { name: 'MintTest#test_mint(uint256)', why: 'Error: EvmError: Revert' },
      { name: 'MintTest#test_name()', why: 'Error: one is not two' },
    ],
  })
})

test('a run of Hardhat that did not come to its tests has neither', () => {
  expect(hardhatReport('Error HHE909: Failed to create compilation job')).toEqual({ passed: 0, failed: [] })
})

test('a run of vitest: each failed test, and each file that failed without one', () => {
  const report = {
    numPassedTests: 2,
    testResults: [
      {
        name: '/clone/test/a.test.ts',
        status: 'failed',
        message: '',
        assertionResults: [
          { fullName: 'a works', status: 'passed', failureMessages: [] },
          {
            fullName: 'a waits',
            status: 'failed',
            failureMessages: ['AssertionError: \u001b[32mexpected 1\u001b[39m to be 2\n    at a.test.ts:3'],
          },
        ],
      },
      {
        name: '/clone/test/b.test.ts',
        status: 'failed',
        message: 'Cannot find module "./c.ts"',
        assertionResults: [],
      },
      {
        name: '/clone/test/c.test.ts',
        status: 'passed',
        message: '',
        assertionResults: [{ fullName: 'c', status: 'passed', failureMessages: [] }],
      },
    ],
  }
  expect(vitestReport(JSON.stringify(report), '/clone')).toEqual({
    passed: 2,
    failed: [
      { name: 'test/a.test.ts: a waits', why: 'AssertionError: expected 1 to be 2' },
      { name: 'test/b.test.ts', why: 'Cannot find module "./c.ts"' },
    ],
  })
})
