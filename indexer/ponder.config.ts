import { hypermapAbi } from '@hyperware/deployments/abi/hypermap'
import { createConfig } from 'ponder'
import { DEV_CHAIN_ID, readSettings, rpcUrls } from './settings.ts'

const settings = readSettings(process.env)
const isDevChain = settings.chainId === DEV_CHAIN_ID
const { Hypermap } = settings.deployment.contracts

export default createConfig({
  database: { kind: 'pglite', directory: settings.databaseDir },
  ordering: 'multichain',
  chains: {
    chain: {
      id: settings.chainId,
      rpc: rpcUrls(settings),
      // Milliseconds. Ponder could listen on a WebSocket instead, but then looks at the chain only when the next block
      // comes: after a start, or a lost connection, the newest blocks would be missing for as long as the chain rests.
      pollingInterval: isDevChain ? 200 : 1000,
      disableCache: isDevChain, // a development chain may begin anew under the same id
    },
  },
  contracts: {
    Hypermap: { chain: 'chain', abi: hypermapAbi, address: Hypermap.address, startBlock: Hypermap.startBlock },
  },
})
