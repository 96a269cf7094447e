import { readFileSync, writeFileSync } from 'node:fs'
import { hyperAccountAbi, hypermapAbi, multicall3Abi } from '@hyperware/deployments/abi'
import { namehash, parseName } from '@hyperware/protocol'
import { encodeFunctionData, hexToBigInt } from 'viem'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { contracts, factData, mintData, noteData, openChain } from './chain.ts'

/** Gas of whole transactions, as a wallet pays it. `UPDATE_SNAPSHOT=1` rewrites the file; a diff of it is to be reviewed. */
const snapshotFile = new URL('gas-snapshot.json', import.meta.url)

/** Growth that is noise: a byte more or less in an address costs 12 gas. */
const TOLERANCE = 0.01

/** What the project promises, whatever the snapshot says. */
const LIMITS: Record<string, number> = {
  'mint through the open minter': 255_000,
  'mint with three notes': 355_000,
  'note of 32 bytes, new': 90_000,
  'note of 32 bytes, changed': 53_000,
  'note of 1,024 bytes, new': 325_000,
  'fact of 32 bytes': 90_000,
}

const KEY: Hex = `0x${'a1'.repeat(32)}`
const STRANGER: Hex = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const OTHER_KEY: Hex = `0x${'b2'.repeat(32)}`

test('no action costs more gas than the snapshot says, nor than promised', async () => {
  const measured = await measure()
  if (process.env['UPDATE_SNAPSHOT'] === '1') {
    writeFileSync(snapshotFile, `${JSON.stringify(measured, null, 2)}\n`)
  }
  const snapshot: Record<string, number> = JSON.parse(readFileSync(snapshotFile, 'utf8'))
  expect(Object.keys(measured)).toEqual(Object.keys(snapshot))
  const grown = Object.entries(measured).filter(([action, gas]) => gas > (snapshot[action] ?? 0) * (1 + TOLERANCE))
  expect(grown, 'actions that cost more than 1 % above the snapshot').toEqual([])
  const broken = Object.entries(LIMITS).filter(([action, limit]) => (measured[action] ?? Infinity) > limit)
  expect(broken, 'promises broken').toEqual([])
})

async function measure(): Promise<Record<string, number>> {
  const { execute, mint, openZone, send, owner, close } = await openChain()
  const gas: Record<string, bigint> = {}
  await openZone('os')
  await mint('first-name.os') // the owner's first token costs more
  gas['mint through the open minter'] = await mint('alice-home.os')
  gas['mint with three notes'] = await mint('relay-home.os', threeNotes())
  gas["mint by the parent's owner"] = await execute('os', mintData({ to: owner, name: 'foo.os' }))
  gas['note of 32 bytes, new, first action of the account'] = await execute('alice-home.os', noteData('~net-key', KEY))
  gas['note of 32 bytes, new'] = await execute('alice-home.os', noteData('~routers', KEY))
  gas['note of 32 bytes, changed'] = await execute('alice-home.os', noteData('~net-key', OTHER_KEY))
  gas['note of 32 bytes, cleared'] = await execute('alice-home.os', noteData('~net-key', '0x'))
  gas['note of 4 bytes, new'] = await execute('alice-home.os', noteData('~ip', '0x7f000001'))
  gas['note of 1,024 bytes, new'] = await execute('alice-home.os', noteData('~text', `0x${'c3'.repeat(1024)}`))
  gas['note of 1,024 bytes, changed'] = await execute('alice-home.os', noteData('~text', `0x${'c4'.repeat(1024)}`))
  gas['note of 128 bytes, new'] = await execute('alice-home.os', noteData('~uri', `0x${'c3'.repeat(128)}`))
  gas['note of 128 bytes, changed'] = await execute('alice-home.os', noteData('~uri', `0x${'c4'.repeat(128)}`))
  gas['fact of 128 bytes'] = await execute('alice-home.os', factData('!long', `0x${'c3'.repeat(128)}`))
  gas['fact of 32 bytes'] = await execute('alice-home.os', factData('!permanent', KEY))
  gas['transfer of an entry'] = await send(contracts.Hypermap.address, transferData(owner, 'foo.os'))
  await close()
  return Object.fromEntries(Object.entries(gas).map(([action, amount]) => [action, Number(amount)]))
}

/** An initialization as wallets send it: the new account runs Multicall3 on itself to write its notes. */
function threeNotes(): Hex {
  const notes = [noteData('~net-key', KEY), noteData('~ip', '0x7f000001'), noteData('~tcp-port', '0x2328')]
  const calls = notes.map((callData) => ({ target: contracts.Hypermap.address, callData }))
  const data = encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate', args: [calls] })
  const args = [contracts.Multicall3.address, 0n, data, 1] as const
  return encodeFunctionData({ abi: hyperAccountAbi, functionName: 'execute', args })
}

function transferData(from: Hex, name: string): Hex {
  const args = [from, STRANGER, hexToBigInt(namehash(parseName(name)))] as const
  return encodeFunctionData({ abi: hypermapAbi, functionName: 'transferFrom', args })
}
