import { hypermapAbi } from '@hyperware/deployments/abi'
import { createConfig } from 'ponder'
import { DEV_CHAIN_ID, readSettings, rpcUrls } from './settings.ts'

const settings = readSettings(process.env)
const { Hypermap } = settings.deployment.contracts

export default createConfig({
  database: { kind: 'pglite', directory: settings.databaseDir },
  ordering: 'multichain',
  chains: {
    chain: {
      id: settings.chainId,
      rpc: rpcUrls(settings),
      ws: settings.webSocketUrl,
      pollingInterval: 200, // milliseconds; what is left when the WebSocket fails
      disableCache: settings.chainId === DEV_CHAIN_ID, // a development chain may begin anew under the same id
    },
  },
  contracts: {
    Hypermap: { chain: 'chain', abi: hypermapAbi, address: Hypermap.address, startBlock: Hypermap.startBlock },
  },
})
