import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { erc6551RegistryBytecode } from '@hyperware/deployments/bytecode'
import { privateKeyToAccount } from 'viem/accounts'
import type { Hex } from 'viem'
import { runCommandLine } from '../../../scripts/cli/program.ts'
import { DEV_ADMIN_KEY } from '../../../scripts/deploy/client.ts'
import { connect } from '../../../scripts/deploy/connection.ts'
import { planNetwork } from '../../../scripts/deploy/network-plan.ts'
import { CANONICAL } from '../../../scripts/deploy/plan.ts'
import { startAnvil, type Anvil } from '../../../scripts/dev/chain/anvil.ts'

/** First account of every anvil, with money. */
export const OWNER: Hex = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
/** A key whose account has nothing. */
const POOR_KEY: Hex = `0x${'11'.repeat(32)}`
const INPUT = { chainId: 7777, owner: OWNER, multicall3: false, minSecondsPerBlock: 1 } as const
/** What is deployed on a chain without ENS, when everything is handed over. */
export const PLAN = planNetwork({ ...INPUT, handOver: true })
/** Names of all steps, in their order; and of those without handing over. */
export const ALL_STEP_IDS = PLAN.steps.map(({ id }) => id)
export const STEP_IDS = planNetwork(INPUT).steps.map(({ id }) => id)
export const STEPS = STEP_IDS.length

const PROGRAM = fileURLToPath(new URL('../../../scripts/hyperware.ts', import.meta.url))

export type Catalogue = { chainId: number; contracts: Record<string, { address: Hex; startBlock: number }> }

/** A chain as the public ones are: with the deterministic deployer and the ERC-6551 registry, and nothing of ours. */
export async function openPublicChain(chainId = 7777) {
  const anvil = await startAnvil({ chainId })
  const folder = mkdtempSync(join(tmpdir(), 'hyperware-deploy-'))
  const keyFile = join(folder, 'key')
  const poorKeyFile = join(folder, 'poor-key')
  const catalogue = join(folder, 'catalogue.json')
  writeFileSync(keyFile, `${DEV_ADMIN_KEY}\n`)
  writeFileSync(poorKeyFile, `${POOR_KEY}\n`)
  await placeRegistry(anvil)
  const words = (line: string, rpcUrl: string): string[] =>
    `deploy --network ${rpcUrl} --key-file ${keyFile} --catalogue ${catalogue} --confirmations 1 ${line}`
      .trim()
      .split(' ')
  return {
    anvil,
    folder,
    poorKeyFile,
    catalogue,
    close: async () => {
      await anvil.stop()
      rmSync(folder, { recursive: true, force: true })
    },
    /** Runs `hyperware deploy` in this process; words are separated by single spaces, the last of an option counts. */
    deploy: async (line: string, onErr: (text: string) => void = () => {}, rpcUrl = anvil.url) => {
      const out: string[] = []
      const err: string[] = []
      const say = (text: string) => {
        err.push(text)
        onErr(text)
      }
      const io = { out: (text: string) => out.push(text), err: say, env: {} }
      const code = await runCommandLine(words(line, rpcUrl), io)
      return { code, out: out.join('\n'), err: err.join('\n') }
    },
    /** Runs it in a process of its own. */
    spawnDeploy: (line: string): ChildProcess =>
      spawn(process.execPath, [PROGRAM, ...words(line, anvil.url)], { stdio: ['ignore', 'pipe', 'pipe'] }),
    connection: () => connect({ rpcUrl: anvil.url, signer: privateKeyToAccount(DEV_ADMIN_KEY) }),
    readCatalogue: (): Catalogue => JSON.parse(readFileSync(catalogue, 'utf8')),
    /** Everything that changes when anything is sent. */
    fingerprint: () =>
      Promise.all([
        anvil.call('eth_blockNumber'),
        anvil.call('eth_getTransactionCount', OWNER, 'pending'),
        anvil.call('eth_getBalance', OWNER, 'latest'),
      ]),
    sentCount: async () => Number(await anvil.call('eth_getTransactionCount', OWNER, 'pending')),
  }
}

export type PublicChain = Awaited<ReturnType<typeof openPublicChain>>

/** Ours is compiled by another compiler than the published one, and computes the same accounts. */
async function placeRegistry(anvil: Anvil): Promise<void> {
  const code = await anvil.call('eth_call', { data: erc6551RegistryBytecode }, 'latest')
  await anvil.call('anvil_setCode', CANONICAL.Erc6551Registry, code)
}
