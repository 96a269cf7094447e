import { privateKeyToAccount } from 'viem/accounts'
import { DEV_ADMIN_KEY } from './client.ts'
import { planDevSuite } from './dev-suite.ts'
import { DEV_CHAIN_ID, planDevChain } from './plan.ts'

/** Text of `deployments/31337.json`: the addresses follow from the contracts' code and the chain's first account. Pure. */
export function devCatalogue(): string {
  const placed = planDevChain().map(({ contract, address }) => [contract, address] as const)
  const { addresses } = planDevSuite(privateKeyToAccount(DEV_ADMIN_KEY).address)
  const lines = [...placed, ...addresses].map(([name, address]) => {
    return `    "${name}": { "address": "${address}", "startBlock": 0 }`
  })
  return `{\n  "chainId": ${DEV_CHAIN_ID},\n  "contracts": {\n${lines.join(',\n')}\n  }\n}\n`
}
