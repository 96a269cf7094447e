import { namehash, parseName } from '@hyperware/protocol'
import { artifacts } from 'hardhat'
import { createWalletClient, custom, publicActions } from 'viem'
import type { Abi, Hex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { expect } from 'vitest'
import { openChain } from '../chain.ts'

export const HYPR = 10n ** 18n
export const DAY = 86_400n
export const MIN = 28n * DAY
export const MAX = 208n * 7n * DAY

/** Accounts 1 to ACCOUNTS hold HYPR, and approved the first 2,000 of it. */
export const ACCOUNTS = 13

/** The year 2096, the start of a week: what a lock costs depends on which weeks are new. */
const START = 4_000_147_200n

const MNEMONIC = 'test test test test test test test test test test test junk'

type Contract = { abi: Abi; address: Hex }

/** HYPR and its registry over the namespace of a development chain inside this process, with the entry alice-home.os. */
export async function openTokens() {
  const chain = await openChain()
  await chain.openZone('os')
  await chain.mint('alice-home.os')

  const client = (index: number) =>
    createWalletClient({
      account: mnemonicToAccount(MNEMONIC, { addressIndex: index }),
      chain: chain.client.chain,
      transport: custom({ request: chain.client.request }),
    }).extend(publicActions)
  const deployer = client(0)

  const deploy = async (name: string, args: readonly unknown[]): Promise<Contract> => {
    const { abi, bytecode } = await artifacts.readArtifact(name)
    const hash = await deployer.deployContract({ abi: abi as Abi, bytecode: bytecode as Hex, args })
    const { contractAddress } = await deployer.getTransactionReceipt({ hash })
    if (contractAddress === null || contractAddress === undefined) throw new Error(`Deploying ${name}: no address`)
    return { abi: abi as Abi, address: contractAddress }
  }

  await chain.client.setNextBlockTimestamp({ timestamp: START })
  const hypr = await deploy('Hypr', [deployer.account.address])
  const registry = await deploy('TokenRegistry', [chain.hypermap.address, hypr.address, 1n])
  const read = (functionName: string, args: readonly unknown[], contract = registry) =>
    deployer.readContract({ ...contract, functionName, args })
  const { abi: gHyprAbi } = await artifacts.readArtifact('GovernanceHypr')
  const gHypr: Contract = { abi: gHyprAbi, address: (await read('gHypr', [])) as Hex }

  /** Sends and gives back the gas of the whole transaction. */
  const call = async (from: number, functionName: string, args: readonly unknown[], contract = registry) => {
    const sender = client(from)
    const hash = await sender.writeContract({ ...contract, functionName, args, gas: 1_000_000n })
    const receipt = await sender.getTransactionReceipt({ hash })
    expect(receipt.status, `${functionName} by account ${from}`).toBe('success')
    return Number(receipt.gasUsed)
  }
  for (let account = 1; account <= ACCOUNTS; account++) {
    await call(0, 'transfer', [addressOf(account), 10_000n * HYPR], hypr)
    await call(account, 'approve', [registry.address, 2_000n * HYPR], hypr)
  }

  const pass = async (seconds: bigint) => {
    await chain.client.increaseTime({ seconds: Number(seconds) })
    await chain.client.mine({ blocks: 1 })
  }
  /** Gas that another contract pays for a view, without the 21,000 of a transaction. */
  const readGas = async (functionName: string, args: readonly unknown[]) =>
    Number(await deployer.estimateContractGas({ ...registry, functionName, args })) - 21_000

  return { registry, gHypr, call, read, readGas, pass, close: chain.close }
}

export const ENTRY = namehash(parseName('alice-home.os'))

export function addressOf(index: number): Hex {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index }).address
}
