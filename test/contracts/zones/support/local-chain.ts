import { setTimeout as sleep } from 'node:timers/promises'
import { createPublicClient, createWalletClient, defineChain, getContractAddress, http } from 'viem'
import type { Abi, Address, Hex, TransactionReceipt } from 'viem'
import { encodeDeployData, encodeFunctionData, TransactionReceiptNotFoundError } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { startAnvil } from '../../../../scripts/dev/chain/anvil.ts'
import type { Code } from './compile.ts'

const MNEMONIC = 'test test test test test test test test test test test junk'
const RECEIPT_TIMEOUT_MS = 50_000

/** Accounts of every anvil, with money. The first deploys and owns everything. */
export const [deployer, alice, bob, carol] = [0, 1, 2, 3].map((addressIndex) =>
  mnemonicToAccount(MNEMONIC, { addressIndex }),
) as [Account, Account, Account, Account]

export type Account = ReturnType<typeof mnemonicToAccount>

/** A contract on one of the chains. */
export type Contract = { address: Address; abi: Abi }

/** What may go along with a call that is sent. */
export type Sending = { from?: Account; value?: bigint; gas?: bigint }

export type LocalChain = Awaited<ReturnType<typeof openLocalChain>>

/** An anvil of its own, and hands to write to it. */
export async function openLocalChain(chainId: number) {
  const anvil = await startAnvil({ chainId })
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [anvil.url] } },
  })
  const transport = http(anvil.url)
  const reader = createPublicClient({ chain, transport, cacheTime: 0 })
  const wallet = createWalletClient({ chain, transport })

  /** Sends a transaction, also one that will fail, and waits until it is mined. */
  async function send(to: Address | undefined, data: Hex, sending: Sending = {}): Promise<TransactionReceipt> {
    const { from = deployer, ...rest } = sending
    const hash = await wallet.sendTransaction({ account: from, data, ...(to && { to }), ...rest })
    const deadlineMs = Date.now() + RECEIPT_TIMEOUT_MS
    while (Date.now() < deadlineMs) {
      const receipt = await reader.getTransactionReceipt({ hash }).catch((error: unknown) => {
        if (!(error instanceof TransactionReceiptNotFoundError)) throw error
      })
      if (receipt !== undefined) return receipt
      await sleep(5)
    }
    throw new Error(`transaction ${hash} was not mined within ${RECEIPT_TIMEOUT_MS} ms`)
  }

  return {
    rpcUrl: anvil.url,
    reader,
    close: anvil.stop,

    /** Lets time pass. */
    async pass(seconds: bigint): Promise<void> {
      await anvil.call('evm_increaseTime', Number(seconds))
      await anvil.call('evm_mine')
    },

    async deploy({ abi, bytecode }: Code, ...args: readonly unknown[]): Promise<Contract> {
      const nonce = await reader.getTransactionCount({ address: deployer.address })
      const receipt = await send(undefined, encodeDeployData({ abi, bytecode, args }))
      if (receipt.status !== 'success') throw new Error(`deployment reverted: ${receipt.transactionHash}`)
      return { abi, address: getContractAddress({ from: deployer.address, nonce: BigInt(nonce) }) }
    },

    /** Calls and changes; what would revert throws with the contract's own error instead of being sent. */
    async write(contract: Contract, functionName: string, args: readonly unknown[], sending: Sending = {}) {
      const { from = deployer, ...rest } = sending
      await reader.simulateContract({ ...contract, functionName, args, account: from, ...rest })
      return send(contract.address, encodeFunctionData({ abi: contract.abi, functionName, args }), sending)
    },

    /** Sends whatever comes of it. */
    attempt: (contract: Contract, functionName: string, args: readonly unknown[], sending: Sending) =>
      send(contract.address, encodeFunctionData({ abi: contract.abi, functionName, args }), sending),

    read: (contract: Contract, functionName: string, args: readonly unknown[] = []): Promise<unknown> =>
      reader.readContract({ ...contract, functionName, args }),
  }
}
