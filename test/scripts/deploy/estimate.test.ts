import { ethMinterAbi } from '@hyperware/deployments/abi'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { planNetwork } from '../../../scripts/deploy/network-plan.ts'
import { openPublicChain, STEPS, type PublicChain } from './open-chain.ts'
import { openRefusingNode } from './refusing-node.ts'

const ORACLE = '0x420000000000000000000000000000000000000F'
/** Runtime code that answers every call with the word 1000. */
const ANSWERS_1000 = '0x6103e860005260206000f3'
const ENS_REGISTRY = '0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e'
const ENS_WRAPPER = '0x0635513f179D50A207757E05759CbD106d7dFcE8'
const WITH_ENS = `--ens-registry ${ENS_REGISTRY} --ens-wrapper ${ENS_WRAPPER}`

let chain: PublicChain
let olderNode: Awaited<ReturnType<typeof openRefusingNode>>

beforeAll(async () => {
  chain = await openPublicChain()
  olderNode = await openRefusingNode(chain.anvil.url, 'eth_simulateV1')
})

afterAll(async () => {
  olderNode.close()
  await chain.close()
})

async function dryRun(line: string, rpcUrl?: string) {
  const { code, out, err } = await chain.deploy(`--dry-run --json ${line}`, () => {}, rpcUrl)
  expect(code, err).toBe(0)
  return JSON.parse(out)
}

test('where a node cannot try the steps out, the figures measured elsewhere are close', async () => {
  await placeEns()
  const line = `${WITH_ENS} --hand-over`
  const [tried, typical] = [await dryRun(line), await dryRun(line, olderNode.url)]
  expect([tried.source, typical.source]).toEqual(['tried', 'typical'])
  expect(tried.steps).toHaveLength(STEPS + 6)
  for (const [index, { step, gas }] of tried.steps.entries()) {
    expect(Math.abs(typical.steps[index].gas / gas - 1), `${step} ${gas}`).toBeLessThan(0.1)
  }
})

test('a rollup’s fee for publishing each transaction is part of the cost', async () => {
  await chain.anvil.call('anvil_setCode', ORACLE, ANSWERS_1000)
  const { gas, feePerGas, dataFee, cost } = await dryRun('')
  expect(dataFee).toBe(String(1000 * STEPS))
  expect(BigInt(cost)).toBe(BigInt(gas) * BigInt(feePerGas) + BigInt(dataFee))
  await chain.anvil.call('anvil_setCode', ORACLE, '0x')
})

test('where ENS is, its names can be claimed under eth', async () => {
  await placeEns()
  const { code, out, err } = await chain.deploy(`--yes --json ${WITH_ENS}`)
  expect(code, err).toBe(0)
  const { addresses, roles } = JSON.parse(out)
  expect(roles).toContainEqual({ subject: 'zone eth', role: 'rule', actual: 'EthMinter', expected: 'EthMinter' })
  const { reader } = await chain.connection()
  const minter = { address: addresses.EthMinter, abi: ethMinterAbi } as const
  expect(await reader.readContract({ ...minter, functionName: 'ensRegistry' })).toBe(ENS_REGISTRY)
  expect(await reader.readContract({ ...minter, functionName: 'nameWrapper' })).toBe(ENS_WRAPPER)
})

test('ENS that is not on the chain, or half of it, is refused', async () => {
  const absent = await chain.deploy(`--dry-run --ens-registry ${ENS_REGISTRY} --ens-wrapper ${ORACLE}`)
  expect(absent.code).toBe(3)
  expect(absent.err).toContain(`chain 7777 has no code at ${ORACLE}, expected ENS name wrapper`)
  const half = await chain.deploy(`--dry-run --ens-registry ${ENS_REGISTRY}`)
  expect(half.code).toBe(2)
  expect(half.err).toContain('Cannot use ENS: --ens-wrapper is missing')
})

test('the same key gives the same addresses, another key a namespace of its own', () => {
  const [alice, bob] = ['0x70997970C51812dc3A010C7d01b50e0d17dc79C8', ORACLE] as const
  const planFor = (owner: typeof alice | typeof bob) =>
    planNetwork({ chainId: 1, owner, multicall3: true, minSecondsPerBlock: 12 }).addresses
  expect(planFor(alice)).toEqual(planFor(alice))
  expect(planFor(alice).Hypermap).not.toBe(planFor(bob).Hypermap)
  expect(planFor(alice).AccountDispatcher).toBe(planFor(bob).AccountDispatcher)
  expect(planFor(alice).Multicall3).toBe('0xcA11bde05977b3631167028862bE2a173976CA11')
})

async function placeEns(): Promise<void> {
  for (const address of [ENS_REGISTRY, ENS_WRAPPER]) await chain.anvil.call('anvil_setCode', address, '0x00')
}
