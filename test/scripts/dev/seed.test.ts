import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hexToString, keccak256, stringToBytes, zeroAddress, type Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hypermapAbi } from '@hyperware/deployments/abi'
import { namehash, parseEntryPath, parseName, encodeNetKey, type Name } from '@hyperware/protocol'
import { deploySteps } from '../../../scripts/deploy/deploy.ts'
import { callRpc } from '../../../scripts/dev/chain/anvil.ts'
import { startChain, type DevChain } from '../../../scripts/dev/chain.ts'
import { figureEntries, figureMetadata, figureNetKey } from '../../../scripts/dev/seed/figures.ts'
import { seed, type SeedNode } from '../../../scripts/dev/seed/seed.ts'
import { connectChain, type ChainClient } from '../../../scripts/onchain/client.ts'
import { findEntry, readData } from '../../../scripts/onchain/entries.ts'
import { writeData } from '../../../scripts/onchain/mint.ts'
import { devAccount } from '../../../scripts/onchain/signers.ts'

/** Fig. 2 and Fig. 10 of the whitepaper in one, with the three zones at the top as the text has them. */
const TREE: Readonly<Record<string, readonly string[]>> = {
  os: [],
  'foo.os': ['~ip', '~ws-port', '~tcp-port', '~net-key'],
  'foos-app.foo.os': ['~metadata-hash', '~metadata-uri'],
  'bar.os': ['~routers', '~net-key'],
  hypr: [],
  'baz.hypr': [],
  'package.baz.hypr': ['~metadata-hash', '~metadata-uri', '!this-is-permanent', '~this-is-mutable'],
  'bar.hypr': [],
  'baz.bar.hypr': ['~metadata-hash', '~metadata-uri'],
  'bam.bar.hypr': ['~net-key', '~routers', '~metadata-hash', '~metadata-uri'],
  'boozle.bam.bar.hypr': ['~metadata-hash', '~metadata-uri'],
  eth: [],
  'alice.eth': ['~routers', '~net-key'],
  'bob.eth': ['~routers', '~net-key'],
}

const NODE = parseName('alice-home.os')
const dir = mkdtempSync(join(tmpdir(), 'hyperware-seed-'))
let chain: DevChain
let client: ChainClient

beforeAll(async () => {
  chain = await startChain({ dir, port: 0, log: () => {} })
  await deploySteps({ rpcUrl: chain.rpcUrl })
  client = await connectChain(chain.rpcUrl)
})

afterAll(async () => {
  await chain.close()
  rmSync(dir, { recursive: true, force: true })
})

let asked = 0
const node: SeedNode = {
  name: NODE,
  owner: 1,
  writes: () => {
    asked += 1
    return Promise.resolve([{ label: '~net-key', data: encodeNetKey(figureNetKey(NODE)) }])
  },
}

/** Every name and every note or fact that was ever written, from the events. */
async function readTree(): Promise<Record<string, string[]>> {
  const { address } = client.deployment.contracts.Hypermap
  const logs = await client.reader.getContractEvents({ address, abi: hypermapAbi, fromBlock: 0n, strict: true })
  const names = new Map<Hex, string>([[namehash(parseName('')), '']])
  const tree: Record<string, string[]> = {}
  for (const log of logs) {
    if (log.eventName === 'Mint') {
      const parent = names.get(log.args.parenthash) ?? '?'
      const name = `${hexToString(log.args.label)}${parent === '' ? '' : `.${parent}`}`
      names.set(log.args.namehash, name)
      tree[name] = []
    } else if (log.eventName === 'Note' || log.eventName === 'Fact') {
      tree[names.get(log.args.parenthash) ?? '?']?.push(hexToString(log.args.label))
    }
  }
  return tree
}

const blockNumber = async () => Number(await callRpc(chain.rpcUrl, 'eth_blockNumber'))

test('brings exactly the trees of the paper and the names of the nodes, also when cut off half-way', async () => {
  class Cut extends Error {}
  for (const at of ['zones', 'package.baz.hypr', 'boozle.bam.bar.hypr']) {
    const cut = seed(client, [node], (what) => {
      if (what === at) throw new Cut()
    })
    await expect(cut).rejects.toBeInstanceOf(Cut)
  }
  let moved = false
  await seed(client, [node], (what) => {
    if (moved || !what.includes(' s, as its zone asks')) return
    moved = true
    void callRpc(chain.rpcUrl, 'evm_increaseTime', [16]) // what an owner would wait
  })
  expect(await readTree()).toEqual({ ...TREE, [NODE]: ['~net-key'] })
  expect(asked).toBe(1)
})

test('sends nothing the second time, and leaves alone what owners have changed', async () => {
  const data = stringToBytes('rewritten')
  await writeData(client, {
    signer: devAccount(6),
    name: parseName('package.baz.hypr'),
    writes: [{ label: '~this-is-mutable', data }],
  })
  const before = await blockNumber()
  await seed(client, [node], () => {})
  expect(await blockNumber()).toBe(before)
  expect(hexToString(await readData(client, parseEntryPath('~this-is-mutable.package.baz.hypr')))).toBe('rewritten')
})

test('gives every entry an account of its own and an owner who can act for it', async () => {
  const accounts = new Set<string>()
  for (const name of [...Object.keys(TREE), NODE]) {
    const entry = await findEntry(client, name as Name)
    expect(entry, name).toBeDefined()
    expect(entry?.owner).not.toBe(zeroAddress)
    accounts.add(entry?.tba ?? '')
  }
  expect(accounts.size).toBe(Object.keys(TREE).length + 1)
  expect((await findEntry(client, NODE))?.owner).toBe(devAccount(1).address)
})

test('writes notes that mean something: a package address that holds the metadata of its hash', async () => {
  for (const { name } of figureEntries().filter(({ writes }) =>
    writes.some(({ label }) => label === '~metadata-uri'),
  )) {
    const uri = hexToString(await readData(client, parseEntryPath(`~metadata-uri.${name}`)))
    const metadata = await (await fetch(uri)).text()
    expect(metadata).toBe(figureMetadata(name))
    expect(hexToString(await readData(client, parseEntryPath(`~metadata-hash.${name}`)))).toBe(
      keccak256(stringToBytes(metadata)),
    )
  }
  expect(JSON.parse(figureMetadata(parseName('boozle.bam.bar.hypr')))).toMatchObject({
    properties: { package_name: 'boozle', publisher: 'bam.bar.hypr' },
  })
})

test('derives the keys of the figures from their names alone', () => {
  expect(figureNetKey('foo.os')).toBe(figureNetKey('foo.os'))
  expect(figureNetKey('foo.os')).not.toBe(figureNetKey('bar.os'))
  expect(figureNetKey('foo.os')).toMatch(/^0x[0-9a-f]{64}$/)
})
