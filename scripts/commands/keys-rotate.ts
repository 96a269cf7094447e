import { createKeyFile, hashPassword, openKeyFile, readKeyFile } from '@hyperware/node'
import { encodeNetKey, parseEntryPath, type Hex, type Name } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { readPassword } from '../cli/password.ts'
import { homePaths } from '../dev/home.ts'
import { findNetworkFile, getRunningNetwork } from '../dev/network-file.ts'
import { endProcess } from '../dev/processes.ts'
import { CommandError } from '../errors.ts'
import { connectChain } from '../onchain/client.ts'
import { getEntry, readData } from '../onchain/entries.ts'
import { writeData } from '../onchain/mint.ts'
import { findNextKey, promoteNextKey, saveNextKey } from '../onchain/next-key.ts'
import { chooseSigner } from '../onchain/signers.ts'
import type { KeysRotateOptions } from './keys.ts'

type Target = { home: string; password: string; ofNetwork: boolean }

async function findTarget(io: CommandIo, name: Name, options: KeysRotateOptions): Promise<Target> {
  const file = options.home === undefined ? undefined : options.passwordFile
  if (options.home !== undefined) {
    return { home: options.home, password: await readPassword(io, { file }), ofNetwork: false }
  }
  const { nodes } = getRunningNetwork(options.network)
  const node = nodes.find((candidate) => candidate.name === name)
  if (node !== undefined) return { home: node.home, password: node.password, ofNetwork: true }
  const known = nodes.map((candidate) => candidate.name)
  throw new CommandError(
    { code: 'node-unknown', node: name, known },
    `Cannot rotate the key of "${name}": the running network has no such node`,
    { hint: `it has ${known.join(', ')}; name the home of another node with --home` },
  )
}

/** The waiting key of an earlier, interrupted rotation, or a new one that waits from now on. */
async function prepareNextKey(name: Name, { home, password }: Target): Promise<Hex> {
  const waiting = await findNextKey(home, { name, password })
  if (waiting !== undefined) return waiting
  const current = await openKeyFile(await readKeyFile(home), await hashPassword(name, password)) // proves the password
  const { bytes, netKey } = await createKeyFile({ name, routers: current.routers, password })
  saveNextKey(home, bytes)
  return netKey
}

/** `keys rotate`. In this order, so that a cut at any point leaves a key that can be booted with, or can be gone on from. */
export async function rotateKeys(io: CommandIo, name: Name, options: KeysRotateOptions): Promise<void> {
  const target = await findTarget(io, name, options)
  const client = await connectChain(options.rpc ?? getRunningNetwork(options.network).chain.rpcUrl)
  const signer = chooseSigner(client, options, await getEntry(client, name))
  const netKey = await prepareNextKey(name, target)
  if ((await readData(client, parseEntryPath(`~net-key.${name}`))) !== netKey) {
    await writeData(client, { signer, name, writes: [{ label: '~net-key', data: encodeNetKey(netKey) }] })
  }
  await promoteNextKey(target.home)
  const restarted = target.ofNetwork && findNetworkFile(options.network) !== undefined
  if (restarted) endProcess(homePaths(options.network).processes, name) // its supervisor starts it with the new key
  if (options.json === true) io.out(JSON.stringify({ name, netKey, restarted }))
  else io.out(`${name} has the key ${netKey}${restarted ? ', and restarts with it' : '; restart the node to use it'}`)
}
