import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { hypermapAbi, timelockAbi } from '@hyperware/deployments/abi'
import { encodeFunctionData, keccak256, stringToHex, zeroHash } from 'viem'
import type { Hex } from 'viem'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CREATE2_DEPLOYER } from '../../../scripts/deploy/create2.ts'
import { planNetwork } from '../../../scripts/deploy/network-plan.ts'
import { CANONICAL } from '../../../scripts/deploy/plan.ts'
import { catalogueFile, checkRecord } from '../../../scripts/deploy/record.ts'
import { openPublicChain, OWNER, PLAN, type PublicChain } from './open-chain.ts'
import { openRefusingNode } from './refusing-node.ts'

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
  rmSync(chain.catalogue, { force: true })
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

test('a role that somebody was given behind our back is told by the account, whoever it is', async () => {
  const { Timelock, Hypermap, HyperwareGovernor } = PLAN.addresses
  await chain.deploy('--yes', (text) => {
    if (text.startsWith('  executor of the timelock at')) throw new Error('killed')
  })
  await grant(Timelock, keccak256(stringToHex('PROPOSER_ROLE')), OTHER)
  const begun = await refused('--yes')
  expect(begun).toContain(`Cannot deploy: Governor of Timelock is "${OTHER}", expected "${HyperwareGovernor}"`)
  await revoke(Timelock, keccak256(stringToHex('PROPOSER_ROLE')), OTHER)
  await grant(Timelock, zeroHash, OTHER)
  await grant(Hypermap, zeroHash, OTHER)
  const { code, err } = await chain.deploy('--yes')
  expect(code).toBe(1)
  expect(err).toContain(`admin of Timelock is ${OTHER}, ${Timelock}, expected ${Timelock}`)
  expect(err).toContain(`upgrades of Hypermap is ${OTHER}, ${OWNER}, expected ${OWNER}`)
})

test('a node that does not search for events is asked about the accounts that are known', async () => {
  await chain.deploy('--yes')
  const node = await openRefusingNode(chain.anvil.url, 'eth_getLogs')
  const { code, out, err } = await chain.deploy('--json', () => {}, node.url)
  node.close()
  expect(code, err).toBe(0)
  const { Timelock } = PLAN.addresses
  const row = { subject: 'Timelock', role: 'admin, of those known', actual: Timelock, expected: Timelock }
  expect(JSON.parse(out).roles).toContainEqual(row)
})

test('going on with other terms than it was begun with is refused before anything more is paid', async () => {
  const killAfter = (step: string) => (text: string) => {
    if (text.startsWith(`  ${step} at`)) throw new Error('killed')
  }
  await chain.deploy('--yes --timelock-delay 60', killAfter('zone gov'))
  expect(await refused('--yes')).toContain('Cannot deploy: owner of zone gov is "0x')
  await chain.deploy('--yes --timelock-delay 60 --quorum 5', killAfter('proposer of the timelock'))
  const err = await refused('--yes --timelock-delay 60')
  expect(err).toContain('Cannot deploy: Governor of Timelock is "0x')
  expect(err).toContain('give the same options as then')
})

test('a catalogue of the same namespace with another governance is not replaced unless asked for', async () => {
  await chain.deploy('--yes')
  expect(await refused('--yes --quorum 5')).toContain('it lists HyperwareGovernor at 0x')
})

test.each([
  ['--steward 0x0000000000000000000000000000000000000000', 'Expected an address other than zero'],
  [`--proposers ${OTHER},${OTHER}`, 'none of them twice'],
  [`--proposers ${OTHER},`, 'Expected an address'],
  ['--proposal-threshold 1e3', 'Expected an amount of HYPR'],
  ['--quorum 101', 'Expected a whole number from 0 to 100'],
  ['--voting-period 0', 'Expected a whole number from 1'],
])('"%s" is a usage error', async (line, expected) => {
  const { code, err } = await chain.deploy(`--dry-run ${line}`)
  expect(code).toBe(2)
  expect(err).toContain(expected)
})

async function grant(contract: Hex | undefined, role: Hex, account: Hex): Promise<void> {
  await call(contract, encodeFunctionData({ abi: timelockAbi, functionName: 'grantRole', args: [role, account] }))
}

async function revoke(contract: Hex | undefined, role: Hex, account: Hex): Promise<void> {
  await call(contract, encodeFunctionData({ abi: timelockAbi, functionName: 'revokeRole', args: [role, account] }))
}

async function giveRootTo(to: Hex): Promise<void> {
  const args = [OWNER, to, 0n] as const
  await call(PLAN.addresses.Hypermap, encodeFunctionData({ abi: hypermapAbi, functionName: 'transferFrom', args }))
}

/** Has the owner send a transaction, and waits for it. */
async function call(to: Hex | undefined, data: Hex): Promise<void> {
  const { wallet, signer } = await chain.connection()
  const hash = await wallet.sendTransaction({ account: signer, chain: wallet.chain ?? null, to: to ?? null, data })
  let receipt: unknown = null
  while (receipt === null) receipt = await chain.anvil.call('eth_getTransactionReceipt', hash)
  expect(receipt).toMatchObject({ status: '0x1' })
}
