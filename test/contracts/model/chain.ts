import { deploymentOf } from '@hyperware/deployments'
import { hypermapAbi } from '@hyperware/deployments/abi'
import { network } from 'hardhat'
import { custom, encodeFunctionData, hexToBigInt, numberToHex, parseAbi, slice } from 'viem'
import type { EIP1193RequestFn, Hex } from 'viem'
import { createDevClientOver, DEV_ADMIN_KEY, sendAndWait } from '../../../scripts/deploy/client.ts'
import { deployWith } from '../../../scripts/deploy/deploy.ts'
import { array, bytes, encodeCall, topicOf, tuple, word } from './abi.ts'
import type { Outcome } from './area.ts'
import { compile } from './compile.ts'
import { type Call, encodeMessage, type Step } from './messages.ts'

import type { Log } from './state.ts'
import { accountOf, childOf, ROOT, type World } from './world.ts'

/** Enough for thousands of calls in one transaction. */
export const GAS_LIMIT = 2n ** 40n

const PUPPETS = 5

/** What is done on a chain of this process; `reset` takes it back to the beginning. */
export type Chain = {
  world: World
  /** Makes calls in order, in one transaction. */
  play: (steps: readonly Step[]) => Promise<Outcome[]>
  reset: () => Promise<void>
  close: () => Promise<void>
}

/** A chain with everything deployed as `npm start` deploys it, and callers that do as they are told. */
export async function openChain(): Promise<Chain> {
  const connection = await network.create({
    override: { blockGasLimit: GAS_LIMIT, transactionGasCap: false },
  })
  const request = connection.provider.request.bind(connection.provider) as EIP1193RequestFn
  const client = createDevClientOver({ mode: 'hardhat', transport: custom({ request }) }, DEV_ADMIN_KEY)
  const rpc = (method: string, ...params: unknown[]): Promise<unknown> =>
    connection.provider.request({ method, params })
  await deployWith(client, 'the chain of this process')

  const compiled = compile(['test/contracts/model/Puppets.sol'])
  const deploy = async (code: Hex): Promise<Hex> => {
    const hash = await client.deployContract({ abi: [], bytecode: code })
    const receipt = await client.waitForTransactionReceipt({ hash })
    if (typeof receipt.contractAddress !== 'string')
      throw new Error(`cannot deploy: transaction ${hash} made no contract`)
    return receipt.contractAddress.toLowerCase() as Hex
  }
  const puppeteer = await deploy(compiled('Puppeteer').code)
  const receivers: Hex[] = []
  for (let index = 0; index < PUPPETS; index++) receivers.push(await deploy(compiled('ReceivingPuppet').code))
  const stubborn = [await deploy(compiled('Puppet').code)]

  const { contracts } = deploymentOf(31337)
  const at = (name: 'AccountDispatcher' | 'HyperAccountMinter') => {
    const contract = contracts[name]
    if (contract === undefined) throw new Error(`the development chain has no ${name}, expected one`)
    return lower(contract.address)
  }
  const hypermap = lower(contracts.Hypermap.address)
  const registry = lower(contracts.Erc6551Registry.address)
  const impostors: Hex[] = []
  for (const entry of [ROOT, childOf(ROOT, 'os')]) {
    impostors.push(await createImpostor({ entry, puppet: stubborn[0] ?? '0x' }))
  }
  const rootOwner = receivers[0] ?? '0x'
  await sendAndWait(client, {
    step: 'hand over the root',
    to: hypermap,
    data: encodeFunctionData({
      abi: hypermapAbi,
      functionName: 'transferFrom',
      args: [client.account.address, rootOwner, hexToBigInt(ROOT)],
    }),
  })
  let snapshot = await rpc('evm_snapshot')

  const world: World = {
    hypermap,
    dispatcher: at('AccountDispatcher'),
    chainId: 31337,
    registry,
    multicall: lower(contracts.Multicall3.address),
    implementations: {
      plain: lower(contracts.HyperAccount.address),
      upgradable: lower(contracts.HyperAccountUpgradable.address),
      minter: at('HyperAccountMinter'),
      codeless: `0x${'c0de1e55'.repeat(5)}`,
    },
    receivers,
    stubborn,
    impostors,
    sleepers: [`0x${'51ee9e55'.repeat(5)}`],
    rootOwner,
    countsNotes: true,
  }

  /** A clone of the puppet whose code ends in the footer that the account of `entry` has. */
  async function createImpostor({ entry, puppet }: { entry: Hex; puppet: Hex }): Promise<Hex> {
    const abi = parseAbi([
      'function createAccount(address, bytes32, uint256, address, uint256) returns (address)',
      'function account(address, bytes32, uint256, address, uint256) view returns (address)',
    ])
    const args = [puppet, entry, 31337n, hypermap, hexToBigInt(entry)] as const
    const data = encodeFunctionData({ abi, functionName: 'createAccount', args })
    await sendAndWait(client, { step: 'create an impostor', to: registry, data })
    return lower(await client.readContract({ address: registry, abi, functionName: 'account', args }))
  }

  async function play(steps: readonly Step[]): Promise<Outcome[]> {
    const calls = steps.map(({ actor, target, message }) =>
      tuple([word(actor), word(target), bytes(encodeMessage(message, world))]),
    )
    const data = encodeCall('play((address,address,bytes)[])', array(calls))
    const from = client.account.address
    const hash = await rpc('eth_sendTransaction', { from, to: puppeteer, data, gas: numberToHex(GAS_LIMIT / 2n) })
    const receipt = (await rpc('eth_getTransactionReceipt', hash)) as { status: Hex; logs: Log[] }
    if (receipt.status !== '0x1')
      throw new Error(`cannot play ${steps.length} calls: transaction ${String(hash)} reverted`)
    return splitOutcomes(receipt.logs, puppeteer)
  }

  async function reset(): Promise<void> {
    await rpc('evm_revert', snapshot)
    snapshot = await rpc('evm_snapshot')
  }

  const countsNotes = await findWhetherNotesCount(world, play)
  await reset()
  return { world: { ...world, countsNotes }, play, reset, close: () => connection.close() }
}

/** Has the root write a note, and looks whether its account counted that. */
async function findWhetherNotesCount(world: World, play: Chain['play']): Promise<boolean> {
  const [actor, target] = [world.rootOwner, accountOf(world, ROOT)]
  const note: Call = { target: world.hypermap, message: { fn: 'note', label: '~a', data: '0x01' } }
  const [written, state] = await play([
    { actor, target, message: { fn: 'execute', call: note, operation: 0 } },
    { actor, target, message: { fn: 'state' } },
  ])
  if (written?.ok !== true || state?.ok !== true) throw new Error('the root cannot write a note, expected that it can')
  return hexToBigInt(state.result) === 1n
}

/** Cuts the logs of a transaction at the puppeteer's own, one per call. */
export function splitOutcomes(logs: readonly Log[], puppeteer: Hex): Outcome[] {
  const outcome = topicOf('Outcome(bool,bytes)')
  const outcomes: Outcome[] = []
  let own: Log[] = []
  for (const { address, topics, data } of logs) {
    if (address.toLowerCase() !== puppeteer || topics[0] !== outcome) {
      own.push({ address: lower(address), topics, data })
      continue
    }
    const size = Number(hexToBigInt(slice(data, 64, 96)))
    outcomes.push({ ok: data.slice(65, 66) === '1', result: `0x${data.slice(194, 194 + size * 2)}`, logs: own })
    own = []
  }
  return outcomes
}

function lower(address: Hex): Hex {
  return address.toLowerCase() as Hex
}
