import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { hypermapAbi } from '@hyperware/deployments/abi'
import { encodeFunctionData } from 'viem'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CREATE2_DEPLOYER } from '../../../scripts/deploy/create2.ts'
import { planNetwork } from '../../../scripts/deploy/network-plan.ts'
import { CANONICAL } from '../../../scripts/deploy/plan.ts'
import { catalogueFile, checkRecord } from '../../../scripts/deploy/record.ts'
import { openPublicChain, OWNER, type PublicChain } from './open-chain.ts'

const OTHER = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

let chain: PublicChain
let fresh: unknown

beforeAll(async () => {
  chain = await openPublicChain()
  fresh = await chain.anvil.call('evm_snapshot')
})

afterAll(() => chain.close())

/** Every test begins with the chain as it was opened. */
beforeEach(async () => {
  await chain.anvil.call('evm_revert', fresh)
  fresh = await chain.anvil.call('evm_snapshot')
})

/** Runs the command and sees that it was refused without anything being sent. */
async function refused(line: string): Promise<string> {
  const before = await chain.fingerprint()
  const { code, err, out } = await chain.deploy(line)
  expect(code, err).toBe(3)
  expect(out).toBe('')
  expect(await chain.fingerprint()).toEqual(before)
  return err
}

test('another chain than asked for is refused with both ids', async () => {
  const err = await refused('--yes --chain-id 8453')
  expect(err).toContain(`Cannot deploy to ${chain.anvil.url}: it is chain 7777, expected 8453`)
})

test('an account that cannot pay for everything is refused with what it has and needs, and may still look', async () => {
  const err = await refused(`--yes --key-file ${chain.poorKeyFile}`)
  expect(err).toMatch(/0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A has 0 wei, expected at least \d{16,} wei/)
  expect(err).toContain('and run the same command again')
  const { code, out } = await chain.deploy(`--dry-run --json --key-file ${chain.poorKeyFile}`)
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ balance: '0', source: 'tried' })
})

test('nothing is sent unless it is confirmed', async () => {
  expect(await refused('')).toContain('Cannot deploy to chain 7777: not confirmed')
})

test('a chain without a key is a usage error', async () => {
  const { code, err } = await chain.deploy('--key-file /nowhere/key --yes')
  expect(code).toBe(2)
  expect(err).toContain('Cannot read a signing key from "/nowhere/key"')
})

test('a chain without the ERC-6551 registry is refused with how to get it', async () => {
  await chain.anvil.call('anvil_setCode', CANONICAL.Erc6551Registry, '0x')
  const err = await refused('--yes')
  expect(err).toContain(`chain 7777 has no code at ${CANONICAL.Erc6551Registry}, expected the ERC-6551 registry`)
  expect(err).toContain('the call data printed in ERC-6551')
})

test('something else in place of the ERC-6551 registry is refused', async () => {
  await chain.anvil.call('anvil_setCode', CANONICAL.Erc6551Registry, '0x00')
  expect(await refused('--yes')).toContain('Cannot deploy: account of the ERC-6551 registry is "no answer"')
})

test('a chain without the deterministic deployer is refused with how to get it, and that works', async () => {
  await chain.anvil.call('anvil_setCode', CREATE2_DEPLOYER, '0x')
  await chain.anvil.call('anvil_setNonce', CREATE2_DEPLOYER, '0x0')
  const [, signer, transaction] = /send 0.01 ETH to (0x\w{40}), then (0x\w+) with/.exec(await refused('--yes')) ?? []
  await chain.anvil.call('anvil_setBalance', signer, '0x2386f26fc10000')
  await chain.anvil.call('eth_sendRawTransaction', transaction)
  while ((await chain.anvil.call('eth_getCode', CREATE2_DEPLOYER, 'latest')) === '0x') await sleep(5)
  const { code, err } = await chain.deploy('--dry-run')
  expect(code, err).toBe(0)
})

test('something else in place of the deterministic deployer is refused', async () => {
  await chain.anvil.call('anvil_setCode', CREATE2_DEPLOYER, '0x00')
  expect(await refused('--yes')).toContain('code of the deterministic deployer is "0x00"')
})

test('a catalogue of another deployment is not replaced unless asked for', async () => {
  writeFileSync(chain.catalogue, JSON.stringify({ chainId: 7777, contracts: { Hypermap: { address: OTHER } } }))
  expect(await refused('--yes')).toContain(`it lists Hypermap at ${OTHER}, expected 0x`)
  const { code, err } = await chain.deploy('--yes --overwrite')
  expect(code, err).toBe(0)
  expect(chain.readCatalogue().contracts['OsMinter']?.address).toMatch(/^0x/)
})

test('the list of the live network is never replaced', () => {
  const plan = planNetwork({ chainId: 8453, owner: OWNER, multicall3: true, minSecondsPerBlock: 2 })
  for (const overwrite of [true, false]) {
    expect(() => checkRecord(plan, { overwrite })).toThrow(
      `Cannot record the deployment in "${catalogueFile(8453)}": it lists the live network, and is kept by hand`,
    )
  }
})

test('a step that would revert is found before it is paid for', async () => {
  await chain.deploy('--yes', (text) => {
    if (text.startsWith('  zone os at')) throw new Error('killed')
  })
  await giveRootTo(OTHER)
  const err = await refused('--yes')
  expect(err).toContain('Cannot deploy zone hypr: tried out on chain 7777, it reverts with NotOperator')
})

test('a role that somebody else has is told, with who it was expected to be', async () => {
  await chain.deploy('--yes')
  await giveRootTo(OTHER)
  const { code, err } = await chain.deploy('--yes')
  expect(code).toBe(1)
  expect(err).toContain(`owner of root entry is ${OTHER}, expected ${OWNER}`)
})

async function giveRootTo(to: `0x${string}`): Promise<void> {
  const { wallet, signer } = await chain.connection()
  const { owner, chainId } = { owner: OWNER, chainId: 7777 } as const
  const plan = planNetwork({ chainId, owner, multicall3: false, minSecondsPerBlock: 1 })
  const data = encodeFunctionData({ abi: hypermapAbi, functionName: 'transferFrom', args: [OWNER, to, 0n] })
  const hash = await wallet.sendTransaction({
    account: signer,
    chain: wallet.chain ?? null,
    to: plan.addresses.Hypermap ?? null,
    data,
  })
  while ((await chain.anvil.call('eth_getTransactionReceipt', hash)) === null);
}
