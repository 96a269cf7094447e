import { type Deployment, deploymentOf } from '@hyperware/deployments'

/** What the indexer process is told through its environment. `start.ts` sets these from its options. */
export type Settings = {
  rpcUrl: string
  chainId: number
  deployment: Deployment
  /** The folder of the embedded database. */
  databaseDir: string
}

export const DEV_CHAIN_ID = 31337

/** Reads `HYPERWARE_RPC_URL`, `HYPERWARE_CHAIN_ID` and `HYPERWARE_INDEX_DIR`. Throws `DeploymentError` for an unknown chain. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const rpcUrl = env['HYPERWARE_RPC_URL'] ?? 'http://127.0.0.1:8545'
  const chainId = Number(env['HYPERWARE_CHAIN_ID'] ?? DEV_CHAIN_ID)
  return {
    rpcUrl,
    chainId,
    deployment: deploymentOf(chainId),
    databaseDir: env['HYPERWARE_INDEX_DIR'] ?? '.ponder/pglite',
  }
}

// Ponder asks one URL at most 20 times a second, and once per block that holds an event. Our own development chain may
// be asked more often: the same server under several URLs. Not to be done to anybody else's server.
const DEV_CHAIN_BUCKETS = 25

/** The URLs to give Ponder for a chain. */
export function rpcUrls({ rpcUrl, chainId }: Settings): string[] {
  if (chainId !== DEV_CHAIN_ID) return [rpcUrl]
  return Array.from({ length: DEV_CHAIN_BUCKETS }, (_, bucket) => {
    const url = new URL(rpcUrl)
    url.searchParams.set('bucket', String(bucket))
    return url.href
  })
}
