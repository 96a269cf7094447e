import { dutchAuctionAbi, englishAuctionAbi, leaseAuctionAbi, sealedAuctionAbi } from '@hyperware/deployments/abi'
import { deploymentOf } from '@hyperware/deployments'
import { childNamehash, ROOT_NAMEHASH, type Hex } from '@hyperware/protocol'
import { createPublicClient, http, parseEther } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommandLine } from '../../scripts/cli/program.ts'
import { deploySteps } from '../../scripts/deploy/deploy.ts'
import { startAnvil, type Anvil } from '../../scripts/dev/chain/anvil.ts'

const { contracts } = deploymentOf(31337)
const OPTIONS = '--reserve 100 --duration 3600'
const LOT = ['games', 'news']
  .map((label) => childNamehash(ROOT_NAMEHASH, label))
  .toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))

let anvil: Anvil

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 31337 })
  await deploySteps({ rpcUrl: anvil.url })
})

afterAll(() => anvil.stop())

async function deploy(line: string) {
  const out: string[] = []
  const err: string[] = []
  const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} }
  const code = await runCommandLine(['auction', 'deploy', ...line.split(' '), '--rpc', anvil.url], io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

/** Deploys an auction of two zones and gives back its address. */
async function deployed(line: string): Promise<Hex> {
  const { code, out, err } = await deploy(`${line} --json`)
  expect(code, err).toBe(0)
  return JSON.parse(out).auction
}

test('every kind has the terms that governance takes, and awaits its zones', async () => {
  const reader = createPublicClient({ transport: http(anvil.url) })
  for (const line of [
    `english news games ${OPTIONS}`,
    `dutch news games ${OPTIONS} --start-price 500`,
    `sealed news games ${OPTIONS} --reveal 600`,
    `lease news games ${OPTIONS} --period 86400 --periods 12 --grace 3600`,
  ]) {
    const contract = { address: await deployed(line), abi: englishAuctionAbi } as const
    const read = (
      functionName: 'hypermap' | 'token' | 'phases' | 'returnTo' | 'lot' | 'state' | 'reserve' | 'duration',
    ) => reader.readContract({ ...contract, functionName })
    expect(await read('hypermap'), line).toBe(contracts.Hypermap.address)
    expect(await read('token'), line).toBe(contracts.Hypr?.address)
    expect(await read('phases'), line).toBe(contracts.Phases?.address)
    expect(await read('returnTo'), line).toBe(contracts.Timelock?.address)
    expect(await read('lot'), line).toEqual(LOT)
    expect(await read('state'), line).toBe(0)
    expect(await read('reserve'), line).toBe(parseEther('100'))
    expect(await read('duration'), line).toBe(3600n)
  }
})

test('each kind has its own terms', async () => {
  const reader = createPublicClient({ transport: http(anvil.url) })
  const english = await deployed(`english news ${OPTIONS} --increment 250 --buffer 60`)
  expect(await reader.readContract({ address: english, abi: englishAuctionAbi, functionName: 'incrementBps' })).toBe(
    250n,
  )
  expect(await reader.readContract({ address: english, abi: englishAuctionAbi, functionName: 'timeBuffer' })).toBe(60n)
  const dutch = await deployed(`dutch news ${OPTIONS} --start-price 0100.5`)
  const startPrice = await reader.readContract({ address: dutch, abi: dutchAuctionAbi, functionName: 'startPrice' })
  expect(startPrice).toBe(parseEther('100.5'))
  const sealed = await deployed(`sealed news ${OPTIONS} --reveal 600`)
  const reveal = await reader.readContract({ address: sealed, abi: sealedAuctionAbi, functionName: 'revealDuration' })
  expect(reveal).toBe(600n)
  const lease = await deployed(`lease news ${OPTIONS} --period 86400 --periods 12 --grace 3600`)
  const terms = (['period', 'periods', 'grace', 'incrementBps', 'timeBuffer'] as const).map((functionName) =>
    reader.readContract({ address: lease, abi: leaseAuctionAbi, functionName }),
  )
  expect(await Promise.all(terms)).toEqual([86_400n, 12n, 3600n, 500n, 900n])
})

test('it says where the auction is and what to do with it', async () => {
  const { code, out } = await deploy(`english news ${OPTIONS}`)
  expect(code).toBe(0)
  expect(out).toMatch(/^english auction of news at 0x[0-9a-fA-F]{40}, in block \d+\n/)
  expect(out).toContain(`TypedProposals at ${contracts.TypedProposals?.address}, proposeZones`)
})

test.each([
  [`english news ${OPTIONS} --increment 0`, 1, 'TermOutOfRange(term: "incrementBps", given: 0, least: 1, most: 10000)'],
  ['english news --reserve 0 --duration 3600', 1, 'TermOutOfRange(term: "reserve", given: 0, least: 1, most: '],
  [
    `dutch news ${OPTIONS} --start-price 1`,
    1,
    'TermOutOfRange(term: "startPrice", given: 1000000000000000000, least: 100',
  ],
  [`english news news ${OPTIONS}`, 1, 'LotNotAscending(index: 1)\nHint: sort the lot by namehash, each entry once'],
  [`dutch news ${OPTIONS}`, 2, 'Cannot deploy a dutch auction: --start-price is missing'],
  [`sealed news ${OPTIONS}`, 2, 'Cannot deploy a sealed auction: --reveal is missing'],
  [`lease news ${OPTIONS} --period 86400 --periods 12`, 2, 'Cannot deploy a lease auction: --grace is missing'],
  [`english news.os ${OPTIONS}`, 2, 'Expected the label of a top-level zone'],
  [`raffle news ${OPTIONS}`, 2, 'Allowed choices are english, dutch, sealed, lease'],
  ['english news --duration 3600', 2, "required option '--reserve <hypr>' not specified"],
])('"%s" is refused with the reason', async (line, expectedCode, expected) => {
  const before = await anvil.call('eth_blockNumber')
  const { code, out, err } = await deploy(line)
  expect(err).toContain(expected)
  expect(out).toBe('')
  expect(code).toBe(expectedCode)
  expect(await anvil.call('eth_blockNumber')).toBe(before)
})
