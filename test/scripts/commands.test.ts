import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getAddress } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keyFilePath } from '@hyperware/node'
import { parseEntryPath, parseName, type Name } from '@hyperware/protocol'
import { runCommandLine } from '../../scripts/cli/program.ts'
import { deploySteps } from '../../scripts/deploy/deploy.ts'
import { callRpc } from '../../scripts/dev/chain/anvil.ts'
import { startChain, type DevChain } from '../../scripts/dev/chain.ts'
import { ensureKeyFile, ensurePassword, firstNotes, refreshNotes } from '../../scripts/dev/node-homes.ts'
import { homePaths } from '../../scripts/dev/home.ts'
import { ensureZones } from '../../scripts/dev/seed/zones.ts'
import { connectChain, type ChainClient } from '../../scripts/onchain/client.ts'
import { readData } from '../../scripts/onchain/entries.ts'
import { mintAsOwner } from '../../scripts/onchain/mint.ts'
import { saveNextKey } from '../../scripts/onchain/next-key.ts'
import { devAccount } from '../../scripts/onchain/signers.ts'

const dir = mkdtempSync(join(tmpdir(), 'hyperware-commands-'))
let chain: DevChain
let client: ChainClient

beforeAll(async () => {
  chain = await startChain({ dir: join(dir, 'chain'), port: 0, log: () => {} })
  await deploySteps({ rpcUrl: chain.rpcUrl })
  client = await connectChain(chain.rpcUrl)
  await ensureZones(client)
})

afterAll(async () => {
  await chain.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Runs `hyperware` against this chain; words are separated by single spaces. */
async function run(line: string, onErr: (text: string) => void = () => {}) {
  const out: string[] = []
  const err: string[] = []
  const env = { HYPERWARE_PASSWORD: 'a password' }
  const say = (text: string) => {
    err.push(text)
    onErr(text)
  }
  const code = await runCommandLine(line.split(' '), { out: (text) => out.push(text), err: say, env })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

const onChain = (line: string, onErr?: (text: string) => void) => run(`${line} --rpc ${chain.rpcUrl}`, onErr)
const dataOf = (path: string) => readData(client, parseEntryPath(path))

describe('names mint', () => {
  test('commits, waits as the zone asks, mints, and says what it did', async () => {
    let moved = false
    const { code, out, err } = await onChain('names mint carol-home.os', (text) => {
      if (moved || !text.includes('s left')) return
      moved = true
      void callRpc(chain.rpcUrl, 'evm_increaseTime', [16])
    })
    expect(err).toContain('committed to "carol-home.os"; a commitment may be used 16 s later')
    expect(out).toMatch(/^minted carol-home\.os in block \d+: owner 0x[0-9a-fA-F]{40}, account 0x[0-9a-fA-F]{40}$/)
    expect(code).toBe(0)
  })

  test.each([
    ['names mint carol-home.os', 'Cannot mint "carol-home.os": it is minted already, and 0xf39F'],
    [
      'names mint short.os',
      'Cannot mint "short.os": the contract refused with Label too short\nHint: this zone mints labels of nine',
    ],
    [
      'names mint sub.carol-home.os',
      'the account of "carol-home.os" mints for its owner only\nHint: the owner of "carol-home.os" mints it with --as-owner',
    ],
    ['names mint zoe.nowhere', 'Cannot find "nowhere" on chain 31337: it is not minted'],
    [
      'names mint zoe.os --as-owner --account 5',
      'refused with NotOperatorOrEntryPoint\nHint: sign with the account that owns the entry',
    ],
    ['names mint top --as-owner --account 5', 'refused with NotOperatorOrEntryPoint'],
  ])('"%s" is refused with the reason, and nothing is spent on a commitment', async (line, expected) => {
    const before = await callRpc(chain.rpcUrl, 'eth_blockNumber')
    const { code, err } = await onChain(line)
    expect(err).toContain(expected)
    expect(code).toBe(1)
    expect(await callRpc(chain.rpcUrl, 'eth_blockNumber')).toBe(before)
  })

  test('as owner passes the rules of the zone, to any address', async () => {
    const to = devAccount(7).address
    const { code, out } = await onChain(`names mint zoe.os --as-owner --to ${to} --json`)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ name: 'zoe.os', owner: to, block: expect.any(Number) as number })
  })
})

describe('notes set', () => {
  test('writes typed notes as the owner, whichever development account that is', async () => {
    expect((await onChain('notes set zoe.os ~ip 203.0.113.7')).code).toBe(0)
    expect((await onChain('notes set zoe.os ~routers carol-home.os')).code).toBe(0)
    expect(await dataOf('~ip.zoe.os')).toBe('0xcb007107')
    expect(await dataOf('~routers.zoe.os')).toHaveLength(66)
  })

  test('takes what nearly fills a block, and says of more that it is too much, and for what', async () => {
    const fits = await onChain(`notes set zoe.os ~long ${'a'.repeat(36_000)}`)
    expect(fits).toMatchObject({ code: 0, out: expect.stringContaining('36000 bytes') })
    const { code, err } = await onChain(`notes set zoe.os ~longer ${'a'.repeat(50_000)}`)
    expect(code).toBe(3)
    expect(err).toMatch(
      /^Cannot write "~longer" of "zoe\.os": the call of 50\d\d\d bytes needs more gas than the 30000000 that one block of this chain has\n/,
    )
    expect(err).toContain('store its address instead')
    expect(await dataOf('~longer.zoe.os')).toBe('0x')
  })

  test('writes a fact once', async () => {
    expect((await onChain('notes set zoe.os !born today')).code).toBe(0)
    const again = await onChain('notes set zoe.os !born yesterday')
    expect(again.code).toBe(1)
    expect(again.err).toBe(
      'Cannot write "!born" of "zoe.os": the contract refused with FactAlreadyExists\nHint: facts are written once; a note can be written again',
    )
  })

  test('by somebody else is refused by the contract, and by a stranger for want of a key', async () => {
    const other = await onChain('notes set zoe.os ~ip 203.0.113.8 --account 2')
    expect(other.err).toContain('refused with NotOperatorOrEntryPoint')
    const stranger = '0x00000000000000000000000000000000000000bb'
    await onChain(`names mint gift.os --as-owner --to ${stranger}`)
    const { code, err } = await onChain('notes set gift.os ~ip 203.0.113.8')
    expect(err).toBe(
      `Cannot sign for "gift.os": its owner ${getAddress(stranger)} is not a development account\nHint: give the private key of its owner in a file with --key-file`,
    )
    expect(code).toBe(1)
  })

  test('signs with a key from a file, which has to hold one', async () => {
    const file = join(dir, 'signing-key')
    writeFileSync(file, '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d\n') // development account 1
    await onChain(`names mint filed.os --as-owner --to ${devAccount(1).address}`)
    expect((await onChain(`notes set filed.os ~site here --key-file ${file}`)).code).toBe(0)
    writeFileSync(file, '0x59c6')
    const { code, err } = await onChain(`notes set filed.os ~site here --key-file ${file}`)
    expect(err).toBe(`Cannot read a signing key from "${file}": expected 0x and 64 hexadecimal digits`)
    expect(code).toBe(2)
    writeFileSync(file, `0x${'00'.repeat(32)}`)
    const none = await onChain(`notes set filed.os ~site here --key-file ${file}`)
    expect(none.err).toBe(`Cannot read a signing key from "${file}": its number is not that of a key`)
    expect(none.code).toBe(2)
  })
})

describe('keys', () => {
  const home = join(dir, 'carol')

  test('create makes a key file, and never replaces one', async () => {
    const { code, out } = await run(`keys create carol-home.os --home ${home} --routers relay-home.os --json`)
    expect(code).toBe(0)
    const { netKey, file } = JSON.parse(out) as { netKey: string; file: string }
    expect(file).toBe(keyFilePath(home))
    const bytes = readFileSync(file)
    const again = await run(`keys create carol-home.os --home ${home}`)
    expect(again.code).toBe(3)
    expect(again.err).toContain(`Cannot write key file "${file}": there is one already`)
    expect(readFileSync(file)).toEqual(bytes)
    expect((await onChain(`notes set carol-home.os ~net-key ${netKey}`)).code).toBe(0)
  })

  test('rotate puts a new key in the home and on the chain', async () => {
    const before = await dataOf('~net-key.carol-home.os')
    const { code, out } = await onChain(`keys rotate carol-home.os --home ${home} --json`)
    expect(code).toBe(0)
    const { netKey } = JSON.parse(out) as { netKey: string }
    expect(netKey).not.toBe(before)
    expect(await dataOf('~net-key.carol-home.os')).toBe(netKey)
  })

  test('rotate goes on with the waiting key when it was cut off before', async () => {
    const spare = join(dir, 'spare')
    const created = await run(`keys create carol-home.os --home ${spare} --json`)
    saveNextKey(home, readFileSync(keyFilePath(spare)))
    const { out } = await onChain(`keys rotate carol-home.os --home ${home} --json`)
    const { netKey } = JSON.parse(created.out) as { netKey: string }
    expect(JSON.parse(out)).toMatchObject({ netKey })
    expect(await dataOf('~net-key.carol-home.os')).toBe(netKey)
    expect(readFileSync(keyFilePath(home))).toEqual(readFileSync(keyFilePath(spare)))
  })

  test('rotate with a wrong password changes nothing', async () => {
    const passwordFile = join(dir, 'wrong-password')
    writeFileSync(passwordFile, 'another password\n')
    const before = await dataOf('~net-key.carol-home.os')
    const { code, err } = await onChain(`keys rotate carol-home.os --home ${home} --password-file ${passwordFile}`)
    expect(err).toContain('carol-home.os')
    expect(code).toBe(3)
    expect(await dataOf('~net-key.carol-home.os')).toBe(before)
  })
})

describe('a start on what an earlier one left', () => {
  const home = join(dir, 'network')
  const plan = { name: parseName('dora-home.os'), owner: 2, routers: [] as Name[], maxPassthroughs: 0 }
  const passed: Server[] = []

  beforeAll(async () => {
    const netKey = await ensureKeyFile(home, plan)
    const writes = await firstNotes(plan, netKey ?? '0x', new Set())
    await mintAsOwner(client, { signer: devAccount(0), name: plan.name, to: devAccount(plan.owner).address, writes })
  })

  afterAll(() => {
    for (const server of passed) server.close()
  })

  const refresh = (newKey: `0x${string}` | undefined) =>
    refreshNotes(client, { home, plan, newKey, takenPorts: new Set() })
  const portOf = async () => Number.parseInt((await dataOf('~tcp-port.dora-home.os')).slice(2), 16)

  test('keeps key file and password, and writes nothing', async () => {
    const password = ensurePassword(home, plan.name)
    expect(password).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/)
    expect(ensurePassword(home, plan.name)).toBe(password)
    expect(await ensureKeyFile(home, plan)).toBeUndefined()
    expect(await refresh(undefined)).toEqual([])
  })

  test('publishes another port when its own was taken meanwhile', async () => {
    const port = await portOf()
    const stranger = createServer().listen(port, '127.0.0.1')
    passed.push(stranger)
    await once(stranger, 'listening').catch(() => undefined) // a stranger of another test will do as well
    const [change] = await refresh(undefined)
    expect(change).toContain(`moved dora-home.os from port ${port}, which another program uses, to `)
    expect(await portOf()).toBeGreaterThan(port)
  })

  test('writes malformed notes again, which would keep the node from booting', async () => {
    const netKey = await dataOf('~net-key.dora-home.os')
    const bad = [
      ['~net-key', '0x1234'],
      ['~ip', '0x010203'],
      ['~tcp-port', `0x${'ff'.repeat(1_000)}`],
    ] as const
    for (const [label, data] of bad) await onChain(`notes set dora-home.os ${label} ${data} --hex`)
    expect(await refresh(undefined)).toEqual([
      'wrote ~net-key of dora-home.os again, since it was malformed: ~net-key is 2 bytes, expected 32',
      'wrote ~ip of dora-home.os again, since it was malformed: ~ip is 3 bytes, expected 4 or 16',
      'wrote ~tcp-port of dora-home.os again, since it was malformed: ~tcp-port is 1000 bytes, expected 2',
    ])
    expect(await dataOf('~net-key.dora-home.os')).toBe(netKey)
    expect(await dataOf('~ip.dora-home.os')).toBe('0x7f000001')
    expect(await portOf()).toBeGreaterThanOrEqual(10_000)
    expect(await refresh(undefined)).toEqual([])
  })

  test('publishes a key file that had to be made anew', async () => {
    rmSync(homePaths(home).node(plan.name), { recursive: true })
    const newKey = await ensureKeyFile(home, plan)
    expect(await refresh(newKey)).toEqual(['published a new key of dora-home.os, whose key file was gone'])
    expect(await dataOf('~net-key.dora-home.os')).toBe(newKey)
  })
})
