import { DEV_CHAIN_ID, planDevChain } from './plan.ts'

/** Text of `deployments/31337.json`: the addresses follow from the contracts' code alone. Pure. */
export function devCatalogue(): string {
  const contracts = planDevChain().map(({ contract, address }) => [contract, { address, startBlock: 0 }] as const)
  const lines = contracts.map(([name, contract]) => {
    return `    "${name}": { "address": "${contract.address}", "startBlock": ${contract.startBlock} }`
  })
  return `{\n  "chainId": ${DEV_CHAIN_ID},\n  "contracts": {\n${lines.join(',\n')}\n  }\n}\n`
}
