import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommandLine } from '../../../scripts/cli/program.ts'
import { deploySteps } from '../../../scripts/deploy/deploy.ts'
import { startAnvil } from '../../../scripts/dev/chain/anvil.ts'
import { startChain, type DevChain } from '../../../scripts/dev/chain.ts'
import { writeNetworkFile } from '../../../scripts/dev/network-file.ts'
import { ensureZones } from '../../../scripts/dev/seed/zones.ts'
import { connectChain } from '../../../scripts/onchain/client.ts'

const home = mkdtempSync(join(tmpdir(), 'hyperware-deploy-home-'))
let chain: DevChain

beforeAll(async () => {
  chain = await startChain({ dir: join(home, 'chain'), port: 0, log: () => {} })
  await deploySteps({ rpcUrl: chain.rpcUrl })
  await ensureZones(await connectChain(chain.rpcUrl))
  const { chainId, rpcUrl } = chain
  writeNetworkFile(home, { ready: true, chain: { chainId, rpcUrl }, graphql: 'http://127.0.0.1:1/graphql', nodes: [] })
})

afterAll(async () => {
  await chain.close()
  rmSync(home, { recursive: true, force: true })
})

async function deploy(line: string) {
  const out: string[] = []
  const err: string[] = []
  const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} }
  const code = await runCommandLine(['deploy', ...line.split(' ')], io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

test('a running development network gets what it was begun without, and keeps what it has', async () => {
  const { code, out, err } = await deploy(`--network ${home} --yes --json`)
  expect(code, err).toBe(0)
  const { addresses, roles, sent } = JSON.parse(out)
  expect(sent).toBe(3) // permissioned minter, zones dev and gov
  expect(addresses.Hypermap).toBe('0x000000000044C6B8Cb4d8f0F889a3E47664EAeda')
  expect(roles).toContainEqual(expect.objectContaining({ subject: 'zone hypr', role: 'rule', actual: 'HyperAccount' }))
  expect(roles).toContainEqual(
    expect.objectContaining({ subject: 'zone dev', role: 'rule', actual: 'HyperAccountPermissionedMinter' }),
  )
  expect(roles).toContainEqual(
    expect.objectContaining({ subject: 'TokenRegistry', role: 'namespace', actual: addresses.Hypermap }),
  )
  const again = await deploy(`--network ${home} --json`)
  expect(JSON.parse(again.out)).toMatchObject({ sent: 0 })
})

test('a development network may hand over too, and starts again', async () => {
  const { code, out, err } = await deploy(`--network ${home} --yes --json --hand-over`)
  expect(code, err).toBe(0)
  const { addresses, roles } = JSON.parse(out)
  expect(roles).toContainEqual(
    expect.objectContaining({ subject: 'root entry', role: 'owner', actual: addresses.Timelock }),
  )
  const states = new Set<string>()
  await deploySteps({ rpcUrl: chain.rpcUrl, report: (_, state) => states.add(state) })
  expect([...states].toSorted()).toEqual(['present', 'verified'])
  await ensureZones(await connectChain(chain.rpcUrl))
})

test('other terms on a development network need a catalogue of their own', async () => {
  const { code, err } = await deploy(`--network ${home} --yes --voting-period 50`)
  expect(code).toBe(3)
  expect(err).toContain('31337.json": it is generated, for development chains as they begin')
  expect(err).toContain('name another file with --catalogue')
})

test('the key that everybody knows is never used on another chain', async () => {
  const other = await startAnvil({ chainId: 7777 })
  const { code, err } = await deploy(`--rpc ${other.url} --dry-run`)
  await other.stop()
  expect(code).toBe(2)
  expect(err).toContain('Cannot deploy to chain 7777 without a key: expected --key-file')
})

test('a home where nothing runs is refused', async () => {
  const { code, err } = await deploy('--network /nowhere --dry-run')
  expect(code).toBe(3)
  expect(err).toContain('Cannot find a running network in "/nowhere"')
})

test('a development chain that was never begun is refused', async () => {
  const bare = await startAnvil({ chainId: 31337 })
  const { code, err } = await deploy(`--network ${bare.url} --dry-run`)
  await bare.stop()
  expect(code).toBe(3)
  expect(err).toContain('expected the ERC-6551 registry')
})
