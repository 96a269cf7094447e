import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { artifacts } from 'hardhat'
import { createWalletClient, custom, keccak256, publicActions, stringToHex, zeroAddress, zeroHash } from 'viem'
import type { Abi, Hex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { expect } from 'vitest'
import { openChain } from '../chain.ts'

export const HYPR = 10n ** 18n
export const MAX_LOCK = 208n * 7n * 86_400n

/** Accounts 1 to VOTERS have locked HYPR for the longest time. */
export const VOTERS = 8

export const AGAINST = 0
export const FOR = 1
export const ABSTAIN = 2

const DELAY = 2
const PERIOD = 200
const MNEMONIC = 'test test test test test test test test test test test junk'

export type Contract = { abi: Abi; address: Hex }

/** A development chain inside this process with HYPR, its registry, and the Governor beside OpenZeppelin's. */
export async function openGovernors() {
  const chain = await openChain()
  const client = (index: number) =>
    createWalletClient({
      account: mnemonicToAccount(MNEMONIC, { addressIndex: index }),
      chain: chain.client.chain,
      transport: custom({ request: chain.client.request }),
    }).extend(publicActions)
  const deployer = client(0)
  const me = deployer.account.address

  const create = async (abi: Abi, bytecode: Hex, args: readonly unknown[]): Promise<Contract> => {
    const hash = await deployer.deployContract({ abi, bytecode, args })
    const { contractAddress } = await deployer.getTransactionReceipt({ hash })
    if (contractAddress === null || contractAddress === undefined) throw new Error(`Deploying: no address in ${hash}`)
    return { abi, address: contractAddress }
  }
  const deploy = async (name: string, args: readonly unknown[]) => {
    const { abi, bytecode } = await artifacts.readArtifact(name)
    return create(abi as Abi, bytecode as Hex, args)
  }
  /** Sends and gives back the gas of the whole transaction. */
  const call = async (from: number, contract: Contract, functionName: string, args: readonly unknown[]) => {
    const sender = client(from)
    const hash = await sender.writeContract({ ...contract, functionName, args, gas: 5_000_000n })
    const receipt = await sender.getTransactionReceipt({ hash })
    expect(receipt.status, `${functionName} by account ${from}`).toBe('success')
    return Number(receipt.gasUsed)
  }
  const read = (contract: Contract, functionName: string, args: readonly unknown[]) =>
    deployer.readContract({ ...contract, functionName, args })

  const hypr = await deploy('Hypr', [me])
  const registry = await deploy('TokenRegistry', [chain.hypermap.address, hypr.address, 1n])
  const { abi: gHyprAbi } = await artifacts.readArtifact('GovernanceHypr')
  const gHypr: Contract = { abi: gHyprAbi, address: (await read(registry, 'gHypr', [])) as Hex }
  const timelock = await deploy('Timelock', [60n, [], [zeroAddress], me])
  const phases = await deploy('Phases', [timelock.address, me, me, [me]])
  await call(0, phases, 'advance', [2])
  const governor = await deploy('HyperwareGovernor', [
    {
      token: gHypr.address,
      timelock: timelock.address,
      hypermap: chain.hypermap.address,
      phases: phases.address,
      rootEntry: zeroHash,
      governanceEntry: zeroHash,
      votingDelay: DELAY,
      votingPeriod: PERIOD,
      proposalThreshold: 0n,
      quorumNumerator: 4n,
    },
  ])
  const references = compileReferences()
  const overridable = await create(...references.OverridableReference, [gHypr.address, DELAY, PERIOD])
  const simple = await create(...references.SimpleReference, [gHypr.address, DELAY, PERIOD])

  for (let account = 1; account <= VOTERS; account++) {
    await call(0, hypr, 'transfer', [addressOf(account), 2_000n * HYPR])
    await call(account, hypr, 'approve', [registry.address, 2_000n * HYPR])
    await call(account, registry, 'manageLock', [1_000n * HYPR, MAX_LOCK])
  }

  /** Proposes a call without effect, and passes the voting delay. */
  const propose = async (contract: Contract, description: string) => {
    const hash = await deployer.writeContract({
      ...contract,
      functionName: 'propose',
      args: [[me], [0n], ['0x'], description],
    })
    const receipt = await deployer.getTransactionReceipt({ hash })
    const created = receipt.logs.find((log) => log.topics[0] === PROPOSAL_CREATED)
    if (created === undefined) throw new Error(`Proposing ${description}: no ProposalCreated`)
    await chain.client.mine({ blocks: DELAY + 1 })
    return { id: BigInt(created.data.slice(0, 66)), gas: Number(receipt.gasUsed) }
  }

  const { abi: typedAbi } = await artifacts.readArtifact('TypedProposals')
  const typedProposals: Contract = {
    abi: typedAbi,
    address: (await read(governor, 'typedProposals', [])) as Hex,
  }
  const codeSize = async ({ address }: Contract) => ((await deployer.getCode({ address })) ?? '0x').length / 2 - 1

  return {
    governor,
    overridable,
    simple,
    typedProposals,
    phases,
    timelock,
    gHypr,
    call,
    propose,
    codeSize,
    close: chain.close,
  }
}

export type Governors = Awaited<ReturnType<typeof openGovernors>>

const PROPOSAL_CREATED = keccak256(
  stringToHex('ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)'),
)

export function addressOf(index: number): Hex {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index }).address
}

type Reference = 'OverridableReference' | 'SimpleReference'

/** OpenZeppelin's Governors with the settings of our own: test files have no artifacts. */
function compileReferences(): Record<Reference, [Abi, Hex]> {
  const require = createRequire(import.meta.url)
  const solc: {
    compile: (input: string, callbacks: { import: (path: string) => { contents: string } }) => string
  } = require('solc')
  const file = 'test/contracts/governance/support/ReferenceGovernor.sol'
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: readFileSync(new URL('support/ReferenceGovernor.sol', import.meta.url), 'utf8') } },
    settings: {
      evmVersion: 'prague',
      viaIR: true,
      optimizer: { enabled: true, runs: 10_000 },
      outputSelection: { [file]: { '*': ['abi', 'evm.bytecode.object'] } },
    },
  }
  const resolve = (path: string) => ({ contents: readFileSync(require.resolve(path), 'utf8') })
  const output: Output = JSON.parse(solc.compile(JSON.stringify(input), { import: resolve }))
  const contracts = output.contracts[file]
  if (contracts === undefined) throw new Error(`Compiling ${file}: ${JSON.stringify(output)}`)
  const pick = (name: Reference): [Abi, Hex] => [contracts[name].abi, `0x${contracts[name].evm.bytecode.object}`]
  return { OverridableReference: pick('OverridableReference'), SimpleReference: pick('SimpleReference') }
}

type Output = {
  contracts: Record<string, Record<Reference, { abi: Abi; evm: { bytecode: { object: string } } }>>
}
