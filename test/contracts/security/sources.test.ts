import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { hexToBigInt, keccak256, numberToHex, stringToHex } from 'viem'
import { expect, test } from 'vitest'

/** Classes of faults that are answered by something never being written: here it is looked for. */

const root = fileURLToPath(new URL('../../..', import.meta.url))
const sources = globSync('contracts/**/*.sol', { cwd: root }).map((file) => ({
  file,
  code: withoutComments(readFileSync(`${root}/${file}`, 'utf8')),
}))

/** Files whose code, comments aside, matches. */
function filesWith(pattern: RegExp): string[] {
  return sources.filter(({ code }) => pattern.test(code)).map(({ file }) => file)
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')
}

test('there are contracts to look at', () => {
  expect(sources.length).toBeGreaterThan(30)
})

test('every contract is for one compiler version, the one that compiles it', () => {
  const config = readFileSync(`${root}/hardhat.config.ts`, 'utf8')
  const version = /version: '([0-9.]+)'/.exec(config)?.[1]
  const wanted = `pragma solidity ${version};`
  expect(sources.filter(({ code }) => !code.includes(wanted)).map(({ file }) => file)).toEqual([])
})

test('nobody is recognised by who began the transaction', () => {
  expect(filesWith(/\btx\.origin\b/)).toEqual([])
})

test('nothing is hashed without its boundaries', () => {
  expect(filesWith(/keccak256\s*\(\s*(?:abi\.encodePacked|bytes\.concat|bytes\s*\(\s*string\.concat)/)).toEqual([])
})

test('no signature is recovered but by the library that refuses its other forms and nobody', () => {
  expect(filesWith(/\becrecover\b/)).toEqual([])
})

test('no contract ends itself or another', () => {
  expect(filesWith(/\bselfdestruct\b|\bsuicide\b/)).toEqual([])
})

test('nothing that is deprecated or forwards a fixed amount of gas is used', () => {
  expect(filesWith(/\bcallcode\b|\bthrow\b|\bsha3\s*\(|\bblock\.difficulty\b|\bnow\s*[;),]|\.send\s*\(/)).toEqual([])
  expect(filesWith(/payable\([^)]*\)\.transfer\s*\(/)).toEqual([])
})

test('chance is taken from the chain by no contract, and shown by Multicall3 only', () => {
  expect(filesWith(/\bprevrandao\b|\bblockhash\b|\bblock\.coinbase\b/)).toEqual(['contracts/dev/Multicall3.sol'])
})

test('only the bytes of labels are added unchecked, and no condition is asserted that calls could break', () => {
  expect(filesWith(/\bunchecked\s*\{/)).toEqual(['contracts/hypermap/libraries/Labels.sol'])
  expect(filesWith(/\bassert\s*\(/)).toEqual([])
})

test('foreign code is run in place by the account and its dispatcher only', () => {
  expect(filesWith(/\bdelegatecall\b/)).toEqual([
    'contracts/accounts/AccountDispatcher.sol',
    'contracts/accounts/HyperAccount.sol',
  ])
})

test('storage is written by number in few places, all of them about what the contract itself keeps', () => {
  const permitted = ['contracts/accounts/AccountDispatcher.sol', 'contracts/hypermap/libraries/EntryData.sol']
  expect(permitted).toEqual(expect.arrayContaining(filesWith(/\bsstore\s*\(/)))
})

test('storage beside other storage lies where the hash of its name says, each in a place of its own', () => {
  const places = sources.flatMap(({ file }) => {
    const source = readFileSync(`${root}/${file}`, 'utf8')
    const name = /erc7201:([\w.]+)/.exec(source)?.[1]
    const slot = /bytes32 private constant \w+_SLOT =\s*(0x[0-9a-f]{64})/.exec(source)?.[1]
    return name === undefined ? [] : [{ file, slot, expected: erc7201(name) }]
  })
  expect(places.length).toBeGreaterThan(4)
  expect(places.filter(({ slot, expected }) => slot !== expected)).toEqual([])
  expect(new Set(places.map(({ slot }) => slot)).size).toBe(places.length)
})

/** Slot of a namespace, by ERC-7201. */
function erc7201(name: string): string {
  const inner = hexToBigInt(keccak256(stringToHex(name))) - 1n
  return `${keccak256(numberToHex(inner, { size: 32 })).slice(0, -2)}00`
}
