import { setTimeout as sleep } from 'node:timers/promises'
import { createKeyFile, hashPassword, openKeyFile, readKeyFile } from '@hyperware/node'
import { encodeNetKey, parseEntryPath, type Hex, type Name } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { readPassword } from '../cli/password.ts'
import { homePaths } from '../dev/home.ts'
import { getRunningNetwork } from '../dev/network-file.ts'
import { endProcess } from '../dev/processes.ts'
import { CommandError, NetworkError } from '../errors.ts'
import { connectChain } from '../onchain/client.ts'
import { getEntry, readData } from '../onchain/entries.ts'
import { writeData } from '../onchain/mint.ts'
import { findNextKey, promoteNextKey, saveNextKey } from '../onchain/next-key.ts'
import { chooseSigner } from '../onchain/signers.ts'
import type { KeysRotateOptions } from './keys.ts'

const BACK_TIMEOUT_MS = 20_000

/** `url` is that of a node of the running network, which is restarted with its new key. */
type Target = { home: string; password: string; url: string | undefined }

async function findTarget(io: CommandIo, name: Name, options: KeysRotateOptions): Promise<Target> {
  const file = options.home === undefined ? undefined : options.passwordFile
  if (options.home !== undefined) {
    return { home: options.home, password: await readPassword(io, { file }), url: undefined }
  }
  const { nodes } = getRunningNetwork(options.network)
  const node = nodes.find((candidate) => candidate.name === name)
  if (node !== undefined) return node
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

async function waitUntilBack(name: Name, url: string): Promise<void> {
  for (const deadline = Date.now() + BACK_TIMEOUT_MS; Date.now() < deadline; await sleep(50)) {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined) // not there yet
    if (response !== undefined) return
  }
  const seconds = BACK_TIMEOUT_MS / 1000
  const problem = { code: 'stage-timeout', stage: 'node', seconds, detail: name } as const
  throw new NetworkError(
    problem,
    `Cannot see ${name} running again with its new key: it was not back within ${seconds} s`,
    {
      hint: 'the terminal of the network says why',
    },
  )
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
  const restarted = target.url !== undefined && (await endProcess(homePaths(options.network).processes, name))
  if (restarted && target.url !== undefined) await waitUntilBack(name, target.url) // its supervisor has started it again
  if (options.json === true) io.out(JSON.stringify({ name, netKey, restarted }))
  else io.out(`${name} has the key ${netKey}${restarted ? ', and runs with it' : '; restart the node to use it'}`)
}
