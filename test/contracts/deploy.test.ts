import { deploymentOf } from '@hyperware/deployments'
import { hyperAccountAbi, hyperAccountMinterAbi, hypermapAbi } from '@hyperware/deployments/abi'
import { accountDispatcherBytecode } from '@hyperware/deployments/bytecode'
import { checksumAddress, namehash, parseName, tokenBoundAccount } from '@hyperware/protocol'
import { custom, keccak256, size, zeroAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { createDevClientOver, DEV_ADMIN_KEY, sendAndWait } from '../../scripts/deploy/client.ts'
import { deployWith, type StepState } from '../../scripts/deploy/deploy.ts'
import { planDevSuite } from '../../scripts/deploy/dev-suite.ts'
import { planDevChain } from '../../scripts/deploy/plan.ts'
import { contracts, executeData, mintData, openChain, openEmptyChain } from './chain.ts'

/** EIP-170. */
const MAX_CODE_BYTES = 24_576

const suite = planDevSuite(privateKeyToAccount(DEV_ADMIN_KEY).address)

test('the catalogue of the development chain is what the plan computes', () => {
  const placed = planDevChain().map(({ contract, address }) => [contract, checksumAddress(address)])
  const planned = [...placed, ...suite.addresses]
  const recorded = Object.entries(contracts).map(([contract, { address }]) => [contract, address])
  expect(Object.fromEntries(recorded)).toEqual(Object.fromEntries(planned))
})

test('the dispatcher is deployed from its frozen code', () => {
  expect(keccak256(accountDispatcherBytecode)).toBe(
    '0x0d6da1429085ca94dd3ee0a940d2169145df4816884329e88d9d2daaa69c3415',
  )
})

test('a second deployment finds everything in place and sends nothing', async () => {
  const { client, close } = await openChain()
  const before = await client.getBlockNumber()
  const steps = await deployAgain(client)
  expect(new Set(steps.values())).toEqual(new Set(['present', 'verified']))
  expect(await client.getBlockNumber()).toBe(before)
  await close()
})

test('a deployment that lost a contract puts back that one alone', async () => {
  const { client, close } = await openChain()
  await client.setCode({ address: contracts.Multicall3.address, bytecode: '0x' })
  const steps = await deployAgain(client)
  expect([...steps].filter(([, state]) => state === 'deployed')).toEqual([['Multicall3', 'deployed']])
  await close()
})

test('a deployment that dies after any step is finished by the next', async () => {
  const stepCount = planDevChain().length + 2 + suite.steps.length
  for (let died = 1; died <= stepCount; died++) {
    const { client, close } = await openEmptyChain()
    let done = 0
    const dying = deployWith(client, 'the chain of this process', () => {
      if (++done === died) throw new Error('killed')
    })
    await expect(dying).rejects.toThrow('killed')
    const states = [...(await deployAgain(client)).values()]
    const expected = Array.from({ length: stepCount }, (_, step) => (step < died ? 'present' : 'deployed'))
    expect(states, `killed after step ${died}`).toEqual([...expected, 'verified'])
    await close()
  }
})

test('other code at a contract’s address is refused by name and hashes', async () => {
  const { client, close } = await openChain()
  await client.setCode({ address: contracts.HyperAccount.address, bytecode: '0x00' })
  await expect(deployAgain(client)).rejects.toMatchObject({
    code: 'code-differs',
    problem: { contract: 'HyperAccount', address: contracts.HyperAccount.address, actualHash: keccak256('0x00') },
  })
  await close()
})

test('another chain is refused with both chain ids, before anything is changed', async () => {
  const requests: string[] = []
  const request = async ({ method }: { method: string }) => {
    requests.push(method)
    return '0x2105'
  }
  const client = createDevClientOver({ mode: 'anvil', transport: custom({ request }) }, DEV_ADMIN_KEY)
  await expect(deployWith(client, 'http://base.example')).rejects.toMatchObject({
    message: 'Cannot deploy to http://base.example: it is chain 8453, expected the development chain 31337',
    problem: { code: 'wrong-chain', rpcUrl: 'http://base.example', chainId: 8453, expected: 31337 },
  })
  expect(requests).toEqual(['eth_chainId'])
})

test('accounts are where the protocol computes them', async () => {
  const { client, execute, mint, openZone, tbaOf, owner, close } = await openChain()
  await openZone('os')
  await mint('alice-home.os')
  await execute('alice-home.os', mintData({ to: owner, name: 'sub.alice-home.os' }))
  const dispatcher = contracts.AccountDispatcher?.address ?? zeroAddress
  for (const name of ['', 'os', 'alice-home.os', 'sub.alice-home.os']) {
    const entry = namehash(parseName(name))
    const computed = tokenBoundAccount({ hypermap: contracts.Hypermap.address, dispatcher, chainId: 31337, entry })
    expect(computed, name).toBe(await tbaOf(name))
    const token = await client.readContract({ address: computed, abi: hyperAccountAbi, functionName: 'token' })
    expect(token, name).toEqual([31337n, contracts.Hypermap.address, BigInt(entry)])
  }
  await close()
})

test('placed implementations know the address they were placed at', async () => {
  const { client, openZone, tbaOf, close } = await openChain()
  for (const { address } of [contracts.HyperAccountUpgradable, contracts.OsMinter]) {
    const slot = await client.readContract({ address, abi: hyperAccountMinterAbi, functionName: 'proxiableUUID' })
    expect(slot).toBe('0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc')
  }
  await openZone('os')
  const zone = await tbaOf('os')
  const upgrade = client.writeContract({
    address: zone,
    abi: hyperAccountMinterAbi,
    functionName: 'upgradeToAndCall',
    args: [contracts.HyperAccountUpgradable.address, '0x'],
  })
  await expect(upgrade).resolves.toMatch(/^0x/)
  expect(await client.readContract({ address: zone, abi: hyperAccountAbi, functionName: 'state' })).toBe(0n)
  await close()
})

test('a revert keeps the contract’s own name for it', async () => {
  const { client, openZone, mint, tbaOf, owner, close } = await openChain()
  await openZone('os')
  await mint('alice-home.os')
  const again = client.simulateContract({
    address: await tbaOf('os'),
    abi: [...hyperAccountMinterAbi, ...hypermapAbi.filter(({ type }) => type === 'error')],
    functionName: 'mint',
    args: [owner, '0x616c6963652d686f6d65', '0x', contracts.HyperAccount.address],
  })
  await expect(again).rejects.toThrow('NameAlreadyExists()')
  await close()
})

test('a transaction that a contract refuses is told by name, with a hint', async () => {
  const { client, owner, tbaOf, close } = await openChain()
  const data = executeData(mintData({ to: owner, name: 'os', implementation: zeroAddress }))
  await expect(sendAndWait(client, { step: 'mint os', to: await tbaOf(''), data })).rejects.toMatchObject({
    message: 'Cannot mint os: the contract refused with FailedToInitializeTBA',
    hint: expect.stringContaining('no code'),
  })
  await close()
})

test('no contract is larger than chains accept, which placing code does not check', async () => {
  const { client, close } = await openChain()
  for (const [contract, { address }] of Object.entries(contracts)) {
    const bytes = size((await client.getCode({ address })) ?? '0x')
    expect(bytes, contract).toBeGreaterThan(0)
    expect(bytes, contract).toBeLessThanOrEqual(MAX_CODE_BYTES)
  }
  await close()
})

test('Base is in the catalogue without a dispatcher', () => {
  const { contracts: live } = deploymentOf(8453)
  expect(live.Hypermap.address).toBe(contracts.Hypermap.address)
  expect(live.AccountDispatcher).toBeUndefined()
})

test('a chain without a deployment is refused by its id', () => {
  expect(() => deploymentOf(1)).toThrow(
    'Cannot find a deployment on chain 1: expected one of the chain ids 8453, 31337',
  )
})

async function deployAgain(client: Parameters<typeof deployWith>[0]): Promise<Map<string, StepState>> {
  const steps = new Map<string, StepState>()
  await deployWith(client, 'the chain of this process', (step, state) => steps.set(step, state))
  return steps
}
