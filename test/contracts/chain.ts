import { deploymentOf } from '@hyperware/deployments'
import { hyperAccountAbi, hyperAccountMinterAbi, hypermapAbi } from '@hyperware/deployments/abi'
import { type Name, namehash, parentName, parseName, splitName } from '@hyperware/protocol'
import { network } from 'hardhat'
import { custom, encodeFunctionData, stringToHex, toFunctionSelector } from 'viem'
import type { EIP1193RequestFn, Hex } from 'viem'
import { createDevClientOver, DEV_ADMIN_KEY, sendAndWait } from '../../scripts/deploy/client.ts'
import { deployWith } from '../../scripts/deploy/deploy.ts'
import './built.ts'

const { contracts } = deploymentOf(31337)

/** Call data of the one-shot `initialize()` of upgradable accounts. */
export const INITIALIZE: Hex = toFunctionSelector('initialize()')

/** A chain inside this process, with nothing on it. */
export async function openEmptyChain() {
  const connection = await network.create()
  const request = connection.provider.request.bind(connection.provider) as EIP1193RequestFn
  const client = createDevClientOver({ mode: 'hardhat', transport: custom({ request }) }, DEV_ADMIN_KEY)
  return { client, close: () => connection.close() }
}

/** A development chain inside this process, with everything deployed as `npm start` deploys it. */
export async function openChain() {
  const { client, close } = await openEmptyChain()
  await deployWith(client, 'the chain of this process')
  const owner = client.account.address
  const hypermap = { address: contracts.Hypermap.address, abi: hypermapAbi } as const

  const tbaOf = (name: string) =>
    client.readContract({ ...hypermap, functionName: 'tbaOf', args: [namehash(parseName(name))] })

  /** Sends and gives back the gas of the whole transaction. */
  const send = async (to: Hex, data: Hex) => (await sendAndWait(client, { step: 'test', to, data })).gasUsed

  /** Has the account of `name` call Hypermap. */
  const execute = async (name: string, data: Hex) => send(await tbaOf(name), executeData(data))

  /** Mints a zone that anyone may mint in. */
  const openZone = (label: string) =>
    execute(
      '',
      mintData({
        to: owner,
        name: label,
        implementation: contracts.HyperAccountMinter?.address,
        initialization: INITIALIZE,
      }),
    )

  /** Mints through the public minter of the parent, with a plain account. */
  const mint = async (name: Name | string, initialization: Hex = '0x') => {
    const parent = parentName(parseName(name)) ?? ''
    return send(await tbaOf(parent), mintData({ to: owner, name, initialization }))
  }

  return { client, hypermap, owner, tbaOf, send, execute, openZone, mint, close }
}

/** Call data of `mint` for the first label of a name. */
export function mintData(mint: { to: Hex; name: string; implementation?: Hex | undefined; initialization?: Hex }): Hex {
  const { to, name, implementation = contracts.HyperAccount.address, initialization = '0x' } = mint
  const label = splitName(parseName(name))?.label ?? ''
  return encodeFunctionData({
    abi: hyperAccountMinterAbi,
    functionName: 'mint',
    args: [to, stringToHex(label), initialization, implementation],
  })
}

/** Call data that has an account call Hypermap. */
export function executeData(data: Hex): Hex {
  return encodeFunctionData({
    abi: hyperAccountAbi,
    functionName: 'execute',
    args: [contracts.Hypermap.address, 0n, data, 0],
  })
}

export function noteData(label: string, data: Hex): Hex {
  return encodeFunctionData({ abi: hypermapAbi, functionName: 'note', args: [stringToHex(label), data] })
}

export function factData(label: string, data: Hex): Hex {
  return encodeFunctionData({ abi: hypermapAbi, functionName: 'fact', args: [stringToHex(label), data] })
}

export { contracts }
