/** Namespaces of a development chain whose methods change it, apart from the few listed in `READING`. */
const CHANGING_NAMESPACES = ['anvil_', 'evm_', 'hardhat_', 'tenderly_', 'ganache_']

const CHANGING = new Set([
  'eth_sendRawTransaction',
  'eth_sendRawTransactionSync',
  'eth_sendRawTransactionConditional',
  'eth_sendTransaction',
  'eth_sendTransactionSync',
  'eth_sendUnsignedTransaction',
  'wallet_sendTransaction',
])

const READING = new Set([
  'anvil_dumpState',
  'anvil_getAutomine',
  'anvil_getBlobByVersionedHash',
  'anvil_getBlobsByBlockId',
  'anvil_getBlobsByTransactionHash',
  'anvil_getGenesisTime',
  'anvil_getIntervalMining',
  'anvil_metadata',
  'anvil_nodeInfo',
  'hardhat_getAutomine',
  'hardhat_metadata',
])

/**
 * Whether a JSON-RPC method may change the chain, so that its answer is held until the change is on disk. Unknown methods
 * of a development namespace count as changing: saving once too often costs milliseconds, once too seldom loses data.
 */
export function changesChain(method: string): boolean {
  if (CHANGING.has(method)) return true
  return CHANGING_NAMESPACES.some((namespace) => method.startsWith(namespace)) && !READING.has(method)
}

/** Whether a method's answer is the hash of a transaction that is mined a moment later. */
export function answersBeforeMining(method: string): boolean {
  return CHANGING.has(method) && !method.endsWith('Sync')
}

/** Whether a method moves the chain's clock away from the machine's, which a dump of the state does not tell. */
export function movesClock(method: string): boolean {
  return /_(increaseTime|setNextBlockTimestamp|setTime|mine|setBlockTimestampInterval|reset|loadState)$/.test(method)
}
