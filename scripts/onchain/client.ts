import { createPublicClient, http, type PublicClient } from 'viem'
import { deploymentOf, type Deployment } from '@hyperware/deployments'
import { ChainError } from '../errors.ts'
import { createPatientFetch } from './patient-fetch.ts'

/** A chain that Hypermap is deployed on, as commands speak to it. */
export type ChainClient = { rpcUrl: string; chainId: number; deployment: Deployment; reader: PublicClient }

/**
 * Connects to the chain at `rpcUrl` and looks up what is deployed there by its chain id.
 *
 * @throws ChainError `chain-unreachable`; DeploymentError when the catalogue does not know the chain id.
 */
export async function connectChain(rpcUrl: string): Promise<ChainClient> {
  // Calls made at the same moment travel as one batch.
  const transport = http(rpcUrl, { batch: true, timeout: 0, fetchFn: createPatientFetch(), retryCount: 1 })
  const reader = createPublicClient({ transport, cacheTime: 0 })
  let chainId: number
  try {
    chainId = await reader.getChainId()
  } catch (cause) {
    const detail = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new ChainError(
      { code: 'chain-unreachable', rpcUrl, detail },
      `Cannot reach the chain at ${rpcUrl}: ${detail}`,
      {
        hint: 'is the network running? "npm start" shows its RPC address',
        cause,
      },
    )
  }
  return { rpcUrl, chainId, deployment: deploymentOf(chainId), reader }
}
