import { deploymentOf } from '@hyperware/deployments'
import {
  ensProofsAbi,
  ensProverAbi,
  entryHolderAbi,
  hyperAccountAbi,
  hypermapAbi,
  remoteEthMinterAbi,
} from '@hyperware/deployments/abi'
import {
  ensProofsBytecode,
  ensProverBytecode,
  entryHolderBytecode,
  hyperAccountBytecode,
  remoteEthMinterBytecode,
} from '@hyperware/deployments/bytecode'
import { childNamehash, namehash, parseName } from '@hyperware/protocol'
import {
  type Address,
  encodeFunctionData,
  type Hex,
  keccak256,
  stringToHex,
  toFunctionSelector,
  zeroAddress,
} from 'viem'
import { deploySteps } from '../../../../scripts/deploy/deploy.ts'
import { compileBeside } from './compile.ts'
import { deployLayerZero, gasOptions, type LayerZero, pinReceiver, pinSender, toPeer } from './layer-zero.ts'
import { type Account, type Contract, deployer, openLocalChain } from './local-chain.ts'

/** LayerZero's ids of Ethereum and Base. */
const ENS_EID = 30_101
const MAP_EID = 30_184

/** Gas that senders of proofs pay for their delivery. */
const DELIVERY_GAS = 150_000n

const ETH = namehash(parseName('eth'))
const hashOf = (name: string) => namehash(parseName(name))

export type RemoteEth = Awaited<ReturnType<typeof openRemoteEth>>

/** A chain with ENS, a chain with Hypermap and its zone `eth`, and LayerZero between them. */
export async function openRemoteEth() {
  const [ensChain, mapChain] = await Promise.all([openLocalChain(31338), openLocalChain(31337)])
  const [ens, map] = await Promise.all([
    deployLayerZero(ensChain, ENS_EID, MAP_EID),
    deploySteps({ rpcUrl: mapChain.rpcUrl }).then(() => deployLayerZero(mapChain, MAP_EID, ENS_EID)),
  ])
  const names = await deployEns(ens)
  const zone = await deployZone(map)
  await connect({ ens, map }, names.prover, zone.proofs)

  const ethAccount = async (): Promise<Contract> => ({
    abi: [...remoteEthMinterAbi, ...hypermapAbi.filter(({ type }) => type === 'error')],
    address: (await mapChain.read(zone.hypermap, 'tbaOf', [ETH])) as Address,
  })
  const labelhash = (label: string) => keccak256(stringToHex(label))
  const quote = async (label: string) =>
    (await ensChain.read(names.prover, 'quote', [MAP_EID, labelhash(label)])) as bigint

  return {
    ens,
    map,
    proofs: zone.proofs,
    deliveryGas: DELIVERY_GAS,
    quote,
    close: () => Promise.all([ensChain.close(), mapChain.close()]),

    /** Makes somebody the owner of a name in ENS from now on, for so many seconds. */
    register: (label: string, owner: Account, seconds: bigint) =>
      ensChain.write(names.registrar, 'register', [label, owner.address, seconds]),

    /** The same for a wrapped name. */
    async wrap(label: string, owner: Account, seconds: bigint) {
      await ensChain.write(names.registrar, 'register', [label, names.wrapper.address, seconds])
      await ensChain.write(names.wrapper, 'wrap', [hashOf(`${label}.eth`), owner.address])
    },

    /** Has somebody send a proof, for the fee that is quoted unless told otherwise. */
    prove: async (label: string, from: Account, value?: bigint) =>
      ensChain.write(names.prover, 'prove', [MAP_EID, labelhash(label)], {
        from,
        value: value ?? (await quote(label)),
      }),

    mint: async (label: string, from: Account) =>
      mapChain.write(await ethAccount(), 'mint', [from.address, stringToHex(label), '0x', zeroAddress], { from }),

    /** Has a user write a note of the entry, through its holder. */
    async note(label: string, from: Account, note: string, data: Hex) {
      const address = (await mapChain.read(await ethAccount(), 'holderOf', [hashOf(`${label}.eth`)])) as Address
      const call = encodeFunctionData({ abi: hypermapAbi, functionName: 'note', args: [stringToHex(note), data] })
      const args = [zone.hypermap.address, 0n, call]
      return mapChain.write({ abi: entryHolderAbi, address }, 'execute', args, { from })
    },

    /** What a note of the entry says. */
    async dataOf(label: string, note: string) {
      const entry = childNamehash(hashOf(`${label}.eth`), note)
      const [, , data] = (await mapChain.read(zone.hypermap, 'get', [entry])) as [Address, Address, Hex]
      return data
    },

    /** Who uses an entry that was minted. */
    userOf: async (label: string) => mapChain.read(await ethAccount(), 'userOf', [hashOf(`${label}.eth`)]),

    /** Who may mint and use a name, by the newest proof. */
    provenUserOf: (label: string) => mapChain.read(zone.proofs, 'userOf', [labelhash(label)]),

    /** Lets time pass on both chains. */
    pass: (seconds: bigint) => Promise.all([ensChain, mapChain].map((chain) => chain.pass(seconds))),

    setPeer: (peer: Address) => mapChain.write(zone.proofs, 'setPeer', [ENS_EID, toPeer(peer)]),

    /** Leaves both ends to themselves. */
    async renounce() {
      await ensChain.write(names.prover, 'renounceOwnership', [])
      await mapChain.write(zone.proofs, 'renounceOwnership', [])
    },
  }
}

async function deployEns({ chain, endpoint }: LayerZero) {
  const [registry, registrar, wrapper] = [
    await chain.deploy(compileBeside('Ens.sol', 'EnsRegistry')),
    await chain.deploy(compileBeside('Ens.sol', 'EnsRegistrar')),
    await chain.deploy(compileBeside('Ens.sol', 'EnsNameWrapper')),
  ]
  await chain.write(registry, 'setOwner', [ETH, registrar.address])
  const code = {
    abi: [...ensProverAbi, ...endpoint.abi.filter(({ type }) => type === 'error')],
    bytecode: ensProverBytecode,
  }
  const args = [endpoint.address, deployer.address, registry.address, wrapper.address]
  return { registrar, wrapper, prover: await chain.deploy(code, ...args) }
}

/** Has the root's account mint `eth`. */
async function deployZone({ chain, endpoint }: LayerZero) {
  const { Hypermap } = deploymentOf(31337).contracts
  const hypermap: Contract = { abi: hypermapAbi, address: Hypermap.address }
  const proofs = await chain.deploy(
    { abi: ensProofsAbi, bytecode: ensProofsBytecode },
    endpoint.address,
    deployer.address,
    ENS_EID,
  )
  const holder = await chain.deploy({ abi: entryHolderAbi, bytecode: entryHolderBytecode })
  const account = await chain.deploy({ abi: hyperAccountAbi, bytecode: hyperAccountBytecode }, zeroAddress)
  const template = { holder: holder.address, account: account.address }
  const code = { abi: remoteEthMinterAbi, bytecode: remoteEthMinterBytecode }
  const minter = await chain.deploy(code, zeroAddress, proofs.address, template)

  const root = (await chain.read(hypermap, 'tbaOf', [hashOf('')])) as Address
  const initialize = toFunctionSelector('initialize()')
  const args = [deployer.address, stringToHex('eth'), initialize, minter.address] as const
  const mint = encodeFunctionData({ abi: hypermapAbi, functionName: 'mint', args })
  await chain.write({ abi: hyperAccountAbi, address: root }, 'execute', [hypermap.address, 0n, mint, 0])
  return { hypermap, proofs }
}

/** Each end learns of the other, and the sender what a delivery needs. */
async function connect(
  { ens, map }: Record<'ens' | 'map', LayerZero>,
  prover: Contract,
  proofs: Contract,
): Promise<void> {
  const options = [{ eid: MAP_EID, msgType: 1, options: gasOptions(DELIVERY_GAS) }]
  await ens.chain.write(prover, 'setPeer', [MAP_EID, toPeer(proofs.address)])
  await ens.chain.write(prover, 'setEnforcedOptions', [options])
  await map.chain.write(proofs, 'setPeer', [ENS_EID, toPeer(prover.address)])
  await pinSender(ens, prover, MAP_EID)
  await pinReceiver(map, proofs, ENS_EID)
}
