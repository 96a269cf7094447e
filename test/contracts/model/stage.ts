import { network } from 'hardhat'
import { custom, numberToHex } from 'viem'
import type { EIP1193RequestFn, Hex } from 'viem'
import { createDevClientOver, DEV_ADMIN_KEY, type DevClient, sendAndWait } from '../../../scripts/deploy/client.ts'
import { deployWith } from '../../../scripts/deploy/deploy.ts'
import { array, bytes, encodeCall, tuple, word } from './abi.ts'
import type { Outcome } from './area.ts'
import { GAS_LIMIT, splitOutcomes } from './chain.ts'
import { compile } from './compile.ts'
import type { Log } from './state.ts'

/** Noon of the first day of 2030, a Tuesday, so that a seed means the same calls on any day. */
const START = 1_893_499_200n

export type Clock = { block: number; time: bigint }

export type PlainCall = { actor: Hex; target: Hex; data: Hex }

/** A chain of this process whose blocks come when told. */
export type Stage = {
  client: DevClient
  /** Runs creation code; gives back the contract's address, in lower case. */
  deploy: (code: Hex) => Promise<Hex>
  send: (step: string, to: Hex, data: Hex) => Promise<void>
  /** Gives an address the code of a caller on demand, which takes entries. */
  employ: (address: Hex) => Promise<void>
  /** Ends the preparation: `reset` comes back to here. The next block is the first to play. */
  begin: () => Promise<Clock>
  /** Makes calls in order, in one block. Blocks left out are there, a second apart, and empty. */
  play: (at: Clock, calls: readonly PlainCall[]) => Promise<Outcome[]>
  reset: () => Promise<void>
  close: () => Promise<void>
}

/** A chain with everything deployed as `npm start` deploys it. */
export async function openStage(): Promise<Stage> {
  const connection = await network.create({ override: { blockGasLimit: GAS_LIMIT, transactionGasCap: false } })
  const request = connection.provider.request.bind(connection.provider) as EIP1193RequestFn
  const client = createDevClientOver({ mode: 'hardhat', transport: custom({ request }) }, DEV_ADMIN_KEY)
  const rpc = (method: string, ...params: unknown[]): Promise<unknown> =>
    connection.provider.request({ method, params })
  await deployWith(client, 'the chain of this process')

  const built = compile(['test/contracts/model/Puppets.sol'])
  const deploy = async (code: Hex): Promise<Hex> => {
    const hash = await client.deployContract({ abi: [], bytecode: code })
    const { contractAddress } = await client.waitForTransactionReceipt({ hash })
    if (typeof contractAddress !== 'string') throw new Error(`cannot deploy: transaction ${hash} made no contract`)
    return contractAddress.toLowerCase() as Hex
  }
  const puppeteer = await deploy(built('Puppeteer').code)
  const puppetCode = await client.getCode({ address: await deploy(built('ReceivingPuppet').code) })
  let snapshot: unknown
  let first: Clock = { block: 0, time: START }
  let now = first

  async function begin(): Promise<Clock> {
    await rpc('evm_setNextBlockTimestamp', numberToHex(START))
    await rpc('hardhat_mine', '0x1')
    snapshot = await rpc('evm_snapshot')
    first = { block: Number(await rpc('eth_blockNumber')), time: START }
    now = first
    return first
  }

  async function play(at: Clock, calls: readonly PlainCall[]): Promise<Outcome[]> {
    const parts = calls.map(({ actor, target, data }) => tuple([word(actor), word(target), bytes(data)]))
    const data = encodeCall('play((address,address,bytes)[])', array(parts))
    const skipped = at.block - now.block - 1
    if (skipped > 0) {
      // Without a time of its own the first of them would get one by the clock of this machine.
      await rpc('evm_setNextBlockTimestamp', numberToHex(now.time + 1n))
      await rpc('hardhat_mine', numberToHex(skipped), '0x1')
    }
    await rpc('evm_setNextBlockTimestamp', numberToHex(at.time))
    const from = client.account.address
    const hash = await rpc('eth_sendTransaction', { from, to: puppeteer, data, gas: numberToHex(GAS_LIMIT / 2n) })
    const receipt = (await rpc('eth_getTransactionReceipt', hash)) as { status: Hex; logs: Log[] }
    if (receipt.status !== '0x1') throw new Error(`cannot play ${calls.length} calls: ${String(hash)} reverted`)
    now = at
    return splitOutcomes(receipt.logs, puppeteer)
  }

  async function reset(): Promise<void> {
    await rpc('evm_revert', snapshot)
    snapshot = await rpc('evm_snapshot')
    now = first
  }

  return {
    client,
    deploy,
    send: async (step, to, data) => {
      await sendAndWait(client, { step, to, data })
    },
    employ: (address) => client.setCode({ address, bytecode: puppetCode ?? '0x' }),
    begin,
    play,
    reset,
    close: () => connection.close(),
  }
}
