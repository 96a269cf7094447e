import { concatHex } from 'viem'
import type { Hex } from 'viem'
import { CREATE2_DEPLOYER, create2Address, SALT } from './create2.ts'
import { typicalGas } from './gas-figures.ts'

/** One transaction, and how one sees that it is done. */
export type DeployStep = {
  /** Name in reports, such as `Hypermap` or `zone os`. */
  id: string
  address: Hex
  /**
   * `code`: there is code at `address`, which CREATE2 makes the right one. `answer`: a call of `to` returns `expected`.
   * Of an entry, code proves nothing, since anybody may create the account of one that does not exist yet.
   */
  done: { kind: 'code' } | { kind: 'answer'; to: Hex; data: Hex; expected: Hex }
  transaction: { to: Hex; data: Hex }
  /** Gas it took on a development chain: for estimates where the chain cannot try the step out. */
  typicalGas: bigint
}

/** A contract as explorers verify it. `creationCode` ends in `constructorArguments`. */
export type PlannedContract = { contract: string; address: Hex; creationCode: Hex; constructorArguments: Hex }

/** Adds a contract to a plan. Gives back its address. */
export type Add = (contract: string, code: Hex, constructorArguments?: Hex) => Hex

/** A list of contracts, and what adds to it. */
export function collectContracts(): { contracts: readonly PlannedContract[]; add: Add } {
  const contracts: PlannedContract[] = []
  const add: Add = (contract, code, constructorArguments = '0x') => {
    const creationCode = concatHex([code, constructorArguments])
    const address = create2Address(creationCode)
    contracts.push({ contract, address, creationCode, constructorArguments })
    return address
  }
  return { contracts, add }
}

/** The step that deploys a contract. Pure. */
export function deployStep({ contract, address, creationCode }: PlannedContract): DeployStep {
  const data = concatHex([SALT, creationCode])
  const transaction = { to: CREATE2_DEPLOYER, data }
  return { id: contract, address, done: { kind: 'code' }, transaction, typicalGas: typicalGas(contract) }
}
