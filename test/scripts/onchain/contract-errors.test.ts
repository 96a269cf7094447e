import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as abis from '@hyperware/deployments/abi'
import { encodeErrorResult, RawContractError } from 'viem'
import type { Abi, AbiParameter, Hex } from 'viem'
import { describe, expect, test } from 'vitest'
import { decodeRevert, describeRevert } from '../../../scripts/onchain/contract-errors.ts'
import { HINTED, hintFor } from '../../../scripts/onchain/error-hints.ts'

const CONTRACTS = fileURLToPath(new URL('../../../contracts', import.meta.url))
/** Written by somebody else, or by the language. */
const OUTSIDE = ['Panic', 'Label too short', 'Invalid operation']

type ErrorItem = { type: 'error'; name: string; inputs: readonly AbiParameter[] }
const errors = Object.values(abis)
  .flatMap((abi) => abi as Abi)
  .filter((item): item is ErrorItem => item.type === 'error')

/** Every error that a source of ours declares, as `Name(type, type)` with the types as they stand there. */
const declared = readdirSync(CONTRACTS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.sol'))
  .flatMap((file) =>
    [...readFileSync(join(CONTRACTS, file), 'utf8').matchAll(/^\s*error (\w+)\(([^)]*)\)/gm)].map(
      ([, name = '', parameters = '']) => {
        return { file, name, count: parameters.trim() === '' ? 0 : parameters.split(',').length }
      },
    ),
  )

/** A value of each type that errors use, and how it is told. */
const SAMPLES: Readonly<Record<string, readonly [value: unknown, told: string]>> = {
  address: ['0x70997970C51812dc3A010C7d01b50e0d17dc79C8', '"0x70997970C51812dc3A010C7d01b50e0d17dc79C8"'],
  bytes32: [`0x${'ab'.repeat(32)}`, `"0x${'ab'.repeat(32)}"`],
  bytes: ['0x0102', '"0x0102"'],
  string: ['reserve', '"reserve"'],
  uint8: [3, '3'],
  uint32: [30101, '30101'],
  uint48: [7, '7'],
  uint256: [10n ** 21n, '1000000000000000000000'],
}

function sampleOf({ type, name }: AbiParameter): readonly [value: unknown, told: string] {
  if (type === 'bytes' && name === 'error') return ['0x3813fcca', 'NotParent']
  const sample = SAMPLES[type]
  if (sample === undefined) throw new Error(`no sample for the type ${type}`)
  return sample
}

/** As the client library throws it. */
const thrown = (data: Hex) => new RawContractError({ data })

test('every error that a contract declares is known by name and number of values', () => {
  const known = new Set(errors.map(({ name, inputs }) => `${name}/${inputs.length}`))
  expect(declared.length).toBeGreaterThan(90)
  expect(declared.filter(({ name, count }) => !known.has(`${name}/${count}`))).toEqual([])
})

test('every error of the interfaces of governance, auctions, token and leases has a hint of its own', () => {
  const suite = declared.filter(({ file }) => /^(governance|auctions|token)\//.test(file))
  expect(new Set(suite.map(({ name }) => name)).size).toBeGreaterThan(50)
  const without = suite.filter(({ name }) => !HINTED.includes(name)).map(({ name }) => name)
  expect(without).toEqual(['InvalidAdmin']) // declared for the live ABI, never raised
})

test('no hint is for an error that does not exist', () => {
  const names = new Set([...errors.map(({ name }) => name), ...OUTSIDE])
  expect(HINTED.filter((name) => !names.has(name))).toEqual([])
})

test.each([...new Map(errors.map((item) => [JSON.stringify(item), item])).values()])(
  '$name is told with its values and a hint',
  ({ name, inputs }) => {
    const samples = inputs.map(sampleOf)
    const data = encodeErrorResult({ abi: [{ type: 'error', name, inputs }], args: samples.map(([value]) => value) })
    const error = decodeRevert('try', thrown(data))
    const values = samples.map(([, told]) => told)
    for (const value of values) expect(error?.message).toContain(value)
    expect(error?.message).toMatch(
      new RegExp(`^Cannot try: the contract refused with ${name}${inputs.length ? '\\(' : '$'}`),
    )
    expect(error?.problem).toMatchObject({ code: 'contract-reverted', error: name })
    expect(error?.hint?.length).toBeGreaterThan(10)
  },
)

describe('other revert data', () => {
  test('text is the name', () => {
    const data = encodeErrorResult({
      abi: [{ type: 'error', name: 'Error', inputs: [{ type: 'string' }] }],
      args: ['Label too short'],
    })
    expect(decodeRevert('try', thrown(data))?.hint).toContain('nine characters')
    expect(describeRevert(data)).toBe('Label too short')
  })

  test('a panic says its number', () => {
    expect(describeRevert(`0x4e487b71${'11'.padStart(64, '0')}`)).toBe('Panic(reason: 17)')
    expect(hintFor('Panic')).toContain('17 stands for a number out of range')
  })

  test('an error within an error is told too, to a bounded depth', () => {
    const item = {
      type: 'error',
      name: 'ExecuteError',
      inputs: [
        { type: 'uint256', name: 'index' },
        { type: 'bytes', name: 'error' },
      ],
    } as const
    const wrap = (inner: Hex) => encodeErrorResult({ abi: [item], args: [1n, inner] })
    expect(describeRevert(wrap(wrap('0x3813fcca')))).toBe(
      'ExecuteError(index: 1, error: ExecuteError(index: 1, error: NotParent))',
    )
    let deep: Hex = '0x3813fcca'
    for (let depth = 0; depth < 50; depth++) deep = wrap(deep)
    expect(describeRevert(deep)).toMatch(/^(ExecuteError\(index: 1, error: ){5}unknown error 0x[0-9a-f]{8}\){5}$/)
  })

  test('one of no contract of ours is told by its first four bytes', () => {
    expect(describeRevert('0xdeadbeef00')).toBe('unknown error 0xdeadbeef')
    expect(decodeRevert('try', thrown('0xdeadbeef00'))?.hint).toContain('no contract of the suite')
    expect(describeRevert('0x')).toBe('no error data')
  })

  test('what is no revert is left to others', () => {
    expect(decodeRevert('try', new Error('socket closed'))).toBeUndefined()
  })
})
