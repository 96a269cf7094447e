import { concatHex, hexToBigInt, keccak256, parseEventLogs, slice, stringToHex, zeroAddress } from 'viem'
import type { TransactionReceipt } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeDefaultVerifier, commit, execute, packetOf, relay, verify } from './support/layer-zero.ts'
import { alice, bob, carol, deployer } from './support/local-chain.ts'
import { openRemoteEth, type RemoteEth } from './support/remote-eth.ts'

/** Two anvils, each with LayerZero's published endpoint and ULN 302; a name in ENS on one, its entry on the other. */

const DAYS = 86_400n
const YEAR = 365n * DAYS

let eth: RemoteEth

beforeAll(async () => {
  eth = await openRemoteEth()
})

afterAll(() => eth.close())

function expectDelivered(receipt: TransactionReceipt): void {
  expect(receipt.status).toBe('success')
  const delivered = parseEventLogs({ abi: eth.map.endpoint.abi, logs: receipt.logs, eventName: 'PacketDelivered' })
  expect(delivered).toHaveLength(1)
}

test('whoever owns a name on one chain, and nobody else, mints it on the other', async () => {
  await eth.register('vitalik', alice, YEAR)
  await expect(eth.mint('vitalik', alice)).rejects.toThrow(`NotEnsOwner(address offered, address owner)`)

  expectDelivered(await relay(eth.map, packetOf(eth.ens, await eth.prove('vitalik', carol))))
  await expect(eth.mint('vitalik', carol)).rejects.toThrow(`(${carol.address}, ${alice.address})`)
  await eth.mint('vitalik', alice)

  await eth.note('vitalik', alice, '~net-key', '0xa1')
  expect(await eth.dataOf('vitalik', '~net-key')).toBe('0xa1')
  expect(await eth.userOf('vitalik')).toBe(alice.address)
})

test('a name that is sold takes its entry along with the next proof', async () => {
  await eth.register('sold', alice, YEAR)
  await relay(eth.map, packetOf(eth.ens, await eth.prove('sold', alice)))
  await eth.mint('sold', alice)

  const keptBack = packetOf(eth.ens, await eth.prove('sold', alice))
  await eth.register('sold', bob, YEAR)
  const bought = packetOf(eth.ens, await eth.prove('sold', bob))
  expect(await eth.userOf('sold')).toBe(alice.address)

  await verify(eth.map, keptBack)
  await verify(eth.map, bought)
  expectDelivered(await execute(eth.map, bought))
  expect(await eth.userOf('sold')).toBe(bob.address)
  await expect(eth.note('sold', alice, '~net-key', '0xa2')).rejects.toThrow(`(${alice.address}, ${bob.address})`)
  await eth.note('sold', bob, '~net-key', '0xb0')
  expect(await eth.dataOf('sold', '~net-key')).toBe('0xb0')

  expectDelivered(await execute(eth.map, keptBack))
  expect(await eth.userOf('sold')).toBe(bob.address)
})

test('a wrapped name is proven for whoever holds the wrapped token', async () => {
  await eth.wrap('wrapped', bob, YEAR)
  await relay(eth.map, packetOf(eth.ens, await eth.prove('wrapped', carol)))
  await eth.mint('wrapped', bob)
  expect(await eth.userOf('wrapped')).toBe(bob.address)
})

test('a name that lapses is used by nobody, until its renewal is proven', async () => {
  await eth.register('brief', alice, DAYS)
  await relay(eth.map, packetOf(eth.ens, await eth.prove('brief', alice)))
  await eth.mint('brief', alice)
  await eth.pass(2n * DAYS)
  expect(await eth.userOf('brief')).toBe(zeroAddress)
  await expect(eth.prove('brief', alice)).rejects.toThrow(keccak256(stringToHex('brief')))

  await eth.register('brief', alice, YEAR)
  await relay(eth.map, packetOf(eth.ens, await eth.prove('brief', alice)))
  expect(await eth.userOf('brief')).toBe(alice.address)
})

test('the fee is what was quoted, and what is too much returns', async () => {
  await eth.register('paid', alice, YEAR)
  const fee = await eth.quote('paid')
  expect(fee).toBeGreaterThan(0n)
  const before = await eth.ens.chain.reader.getBalance({ address: carol.address })
  const receipt = await eth.prove('paid', carol, fee + 10n ** 18n)
  const spent = before - (await eth.ens.chain.reader.getBalance({ address: carol.address }))
  expect(spent).toBe(fee + receipt.gasUsed * receipt.effectiveGasPrice)
  await expect(eth.prove('paid', carol, fee - 1n)).rejects.toThrow('LZ_InsufficientFee')
  expectDelivered(await relay(eth.map, packetOf(eth.ens, receipt)))
})

test('a delivery that fails for want of gas is repeated by anybody', async () => {
  await eth.register('starved', alice, YEAR)
  const packet = packetOf(eth.ens, await eth.prove('starved', alice))
  await verify(eth.map, packet)
  expect((await execute(eth.map, { ...packet, gas: 50_000n })).status).toBe('reverted')
  expect(await eth.provenUserOf('starved')).toBe(zeroAddress)
  expectDelivered(await execute(eth.map, packet, { from: carol }))
  expect(await eth.provenUserOf('starved')).toBe(alice.address)
})

test('the gas that is paid for is enough for a first and for a later proof', async () => {
  await eth.register('measured', alice, YEAR)
  const first = packetOf(eth.ens, await eth.prove('measured', alice))
  expect(first.gas).toBe(eth.deliveryGas)
  expectDelivered(await relay(eth.map, first))
  expectDelivered(await relay(eth.map, packetOf(eth.ens, await eth.prove('measured', alice))))
})

test('what no verifier signed is not believed', async () => {
  await eth.register('unsigned', alice, YEAR)
  const packet = packetOf(eth.ens, await eth.prove('unsigned', alice))
  await expect(commit(eth.map, packet)).rejects.toThrow('LZ_ULN_Verifying')
  await expect(verify(eth.map, packet, carol)).rejects.toThrow('LZ_ULN_Verifying')
  expect((await execute(eth.map, packet)).status).toBe('reverted')
  expect(await eth.provenUserOf('unsigned')).toBe(zeroAddress)
  expectDelivered(await relay(eth.map, packet))
})

test('a message that was changed on the way is not believed', async () => {
  await eth.register('forged', alice, YEAR)
  const packet = packetOf(eth.ens, await eth.prove('forged', alice))
  await verify(eth.map, packet)
  const forged = concatHex([slice(packet.message, 0, 52), bob.address, slice(packet.message, 72)])
  expect(hexToBigInt(forged)).not.toBe(hexToBigInt(packet.message))
  expect((await execute(eth.map, { ...packet, message: forged })).status).toBe('reverted')
  expectDelivered(await execute(eth.map, packet))
  expect(await eth.provenUserOf('forged')).toBe(alice.address)
})

test('verifiers that LayerZero chooses for everybody are not believed where the owner chose', async () => {
  await eth.register('pinned', alice, YEAR)
  const packet = packetOf(eth.ens, await eth.prove('pinned', alice))
  await changeDefaultVerifier(eth.map, eth.ens.eid, carol.address)
  await expect(verify(eth.map, packet, carol)).rejects.toThrow('LZ_ULN_Verifying')
  expectDelivered(await relay(eth.map, packet))
})

/** The last test: nothing can be set up any more after it. */
test('whoever renounced it can no longer forge proofs', async () => {
  await eth.register('final', alice, YEAR)
  const packet = packetOf(eth.ens, await eth.prove('final', alice))
  await eth.renounce()
  const config = eth.map.chain.write(eth.map.endpoint, 'setConfig', [
    eth.proofs.address,
    eth.map.receiveLibrary.address,
    [],
  ])
  await expect(config).rejects.toThrow('LZ_Unauthorized')
  await expect(eth.setPeer(deployer.address)).rejects.toThrow('OwnableUnauthorizedAccount')
  expectDelivered(await relay(eth.map, packet))
  expect(await eth.provenUserOf('final')).toBe(alice.address)
})
