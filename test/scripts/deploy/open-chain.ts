import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { erc6551RegistryBytecode } from '@hyperware/deployments/bytecode'
import type { Hex } from 'viem'
import { runCommandLine } from '../../../scripts/cli/program.ts'
import { startAnvil, type Anvil } from '../../../scripts/dev/chain/anvil.ts'
import { CANONICAL } from '../../../scripts/deploy/plan.ts'
import { DEV_ADMIN_KEY } from '../../../scripts/deploy/client.ts'

/** First account of every anvil, with money. */
export const OWNER: Hex = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
/** A key whose account has nothing. */
export const POOR_KEY: Hex = `0x${'11'.repeat(32)}`

export type PublicChain = Awaited<ReturnType<typeof openPublicChain>>

/** A chain as the public ones are: with the deterministic deployer and the ERC-6551 registry, and nothing of ours. */
export async function openPublicChain(chainId = 7777) {
  const anvil = await startAnvil({ chainId })
  const folder = mkdtempSync(join(tmpdir(), 'hyperware-deploy-'))
  const keyFile = join(folder, 'key')
  writeFileSync(keyFile, `${DEV_ADMIN_KEY}\n`)
  await placeRegistry(anvil)
  const close = async () => {
    await anvil.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  /** Runs `hyperware deploy` against the chain; words are separated by single spaces. `false` leaves out an option. */
  const deploy = async (line = '', onErr: (text: string) => void = () => {}) => {
    const out: string[] = []
    const err: string[] = []
    const words = `deploy --network ${anvil.url} --key-file ${keyFile} --catalogue ${join(folder, 'catalogue.json')} --confirmations 1 ${line}`
    const say = (text: string) => {
      err.push(text)
      onErr(text)
    }
    const code = await runCommandLine(words.trim().split(' '), { out: (text) => out.push(text), err: say, env: {} })
    return { code, out: out.join('\n'), err: err.join('\n') }
  }
  return { anvil, chainId, folder, keyFile, deploy, close }
}

async function placeRegistry(anvil: Anvil): Promise<void> {
  const code = await anvil.call('eth_call', { data: erc6551RegistryBytecode }, 'latest')
  await anvil.call('anvil_setCode', CANONICAL.Erc6551Registry, code)
}

/** Everything that a chain would have to change for something to have been done. */
export async function fingerprint(anvil: Anvil): Promise<unknown> {
  return Promise.all([
    anvil.call('eth_blockNumber'),
    anvil.call('eth_getTransactionCount', OWNER, 'pending'),
    anvil.call('eth_getBalance', OWNER, 'latest'),
  ])
}
