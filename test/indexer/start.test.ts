import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { takeFolder } from '../../indexer/run/lock.ts'
import { PONDER_SAYS } from '../../indexer/run/ponder-log.ts'
import { startAnvil } from '../../scripts/dev/chain/anvil.ts'
import { freePort } from '../helpers/free-port.ts'
import { type Owned, type TestChain, startChain } from './network/chain.ts'
import { openFront } from './network/front.ts'
import { openGate } from './network/gate.ts'
import { SEVERAL_STARTS, type TestIndexer, newFolder, runIndexer, startIndexer } from './network/indexer.ts'

vi.setConfig(SEVERAL_STARTS)

/** What Ponder alone would say, and then wait until the mark of the process before it has grown old. */
const PONDER_WAITS = 'Schema is locked by a different Ponder app'

const KEY = `0x${'11'.repeat(32)}` as const
const EVERYTHING = `{
  entries { items { name owner tba gene createdBlock updatedBlock notes { label data problem updatedBlock } children { name } } }
  nodeIdentities { items { name kind netKey ip tcpPort routers { name } updatedBlock } }
}`

const sourceOfPonder = (file: string) => readFileSync(new URL(file, import.meta.resolve('ponder')), 'utf8')

let chain: TestChain
let os: Owned
let indexer: TestIndexer | undefined
const dir = newFolder()

beforeAll(async () => {
  chain = await startChain()
  os = await chain.mint(chain.root, 'os')
})

afterAll(async () => {
  await indexer?.stop()
  await chain?.stop()
})

async function start(): Promise<TestIndexer> {
  indexer = await startIndexer({ rpcUrl: chain.rpcUrl, dir })
  await indexer.reach(await chain.head())
  return indexer
}

async function mintNode(label: string): Promise<void> {
  const entry = await chain.mint(os, label)
  await chain.note(entry, '~net-key', KEY)
  await chain.note(entry, '~ip', '0x7f000001')
  await chain.note(entry, '~tcp-port', '0x2328')
}

/** Changes bytes in every file that holds rows. */
function damage(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name)
    if (/base\/\d+\/\d+$/.test(path) && statSync(path).size > 0) writeFileSync(path, Buffer.alloc(8192, 0xa5))
  }
}

const args = (rpcUrl: string, port: number, folder = newFolder()) => [
  '--rpc',
  rpcUrl,
  '--port',
  String(port),
  '--dir',
  folder,
]

describe('the index outlives its process', () => {
  test('killed while it runs and while it catches up, it ends up with what an undisturbed index has', async () => {
    for (let i = 0; i < 5; i++) await mintNode(`early-${i}`)
    const first = await start()
    await first.stop('SIGKILL')
    for (let i = 0; i < 12; i++) await mintNode(`late-${i}`)
    const second = await startIndexer({ rpcUrl: chain.rpcUrl, dir })
    indexer = second
    await second.reach(1)
    await second.stop('SIGKILL')
    const third = await start()
    const undisturbed = await startIndexer({ rpcUrl: chain.rpcUrl, dir: newFolder() })
    try {
      await undisturbed.reach(await chain.head())
      const expected = await undisturbed.data(EVERYTHING)
      expect(expected['nodeIdentities'].items).toHaveLength(17)
      expect(await third.data(EVERYTHING)).toEqual(expected)
    } finally {
      await undisturbed.stop()
    }
  })

  test('it stops when asked, with exit code 0, and gives its folder back', async () => {
    expect(await indexer?.stop('SIGTERM')).toBe(0)
    takeFolder(dir)()
  })

  test('Ponder still says that it waits for another in the words looked for here', () => {
    expect(sourceOfPonder('database/index.js')).toContain(PONDER_WAITS)
  })

  test.each([
    [PONDER_SAYS.deepReorg, 'sync-realtime/index.js'],
    [PONDER_SAYS.chainFailed, 'rpc/index.js'],
    [PONDER_SAYS.willAskAgain, 'rpc/index.js'],
    [PONDER_SAYS.portTaken, 'utils/port.js'],
    [PONDER_SAYS.serving, 'server/index.js'],
  ])('Ponder still logs %s', (words, file) => {
    expect(sourceOfPonder(file)).toContain(words.replaceAll(/"(\w+)":/g, '$1: '))
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('after %s it is back without waiting, and says so', async (signal) => {
    const undisturbed = await start()
    const before = await undisturbed.data(EVERYTHING)
    await undisturbed.stop(signal)
    const again = await start()
    expect(await again.data(EVERYTHING)).toEqual(before)
    expect(again.output()).not.toContain(PONDER_WAITS)
    expect(again.output()).not.toContain('Indexing from the beginning')
    await again.stop('SIGTERM')
  })

  test('a chain set back below a final block ends the index, and the next start follows the new blocks', async () => {
    const other = await startChain()
    const folder = newFolder()
    try {
      const snapshot = await other.call('evm_snapshot')
      const zone = await other.mint(other.root, 'gone')
      await other.call('anvil_mine', '0x60')
      const first = await startIndexer({ rpcUrl: other.rpcUrl, dir: folder })
      await first.reach(await other.head())
      await other.mint(zone, 'seen-live')
      await first.reach(await other.head())

      await other.call('evm_revert', snapshot)
      await other.mint(other.root, 'kept')
      await other.call('anvil_mine', '0x70')
      expect(await first.ended()).toBe(1)
      const second = await startIndexer({ rpcUrl: other.rpcUrl, dir: folder })
      await second.reach(await other.head())
      const { entries } = await second.data('{ entries { items { name } } }')
      expect(entries.items).toEqual([{ name: 'kept' }])
      await second.stop('SIGTERM')
    } finally {
      await other.stop()
    }
  })

  test('a damaged store is thrown away and written again', async () => {
    damage(join(dir, 'pglite'))
    const again = await start()
    expect(again.output()).toContain('Indexing from the beginning: the database is damaged')
    expect((await again.data(EVERYTHING))['nodeIdentities'].items).toHaveLength(17)
    await again.stop('SIGTERM')
  })

  test('a store whose making was cut short is made anew', async () => {
    rmSync(join(dir, 'chain.json'))
    damage(join(dir, 'pglite'))
    await start()
    expect(indexer?.output()).toContain('the making of the database was cut short')
    expect(indexer?.output()).not.toContain('the database is damaged')
    await indexer?.stop()
  })

  test('tables of earlier code are dropped', async () => {
    const { PGlite } = await import('@electric-sql/pglite')
    const before = await PGlite.create(join(dir, 'pglite'))
    await before.exec('create schema hyperware_0123456789ab; create table hyperware_0123456789ab.entry (name text)')
    await before.close()
    await (await start()).stop('SIGTERM')
    const after = await PGlite.create(join(dir, 'pglite'))
    const { rows } = await after.query<{ name: string }>(
      `select nspname as name from pg_namespace where nspname like 'hyperware%'`,
    )
    await after.close()
    expect(rows).toHaveLength(1)
    expect(rows[0]?.name).not.toBe('hyperware_0123456789ab')
  })

  test('a store on which start after start has failed is thrown away', async () => {
    writeFileSync(join(dir, 'failures'), '3')
    const again = await start()
    expect(again.output()).toContain('Indexing from the beginning: the last starts on it failed')
    expect(await again.stop('SIGTERM')).toBe(0)
    expect(readdirSync(dir)).not.toContain('failures')
  })

  test('a start that fails since the chain refuses to answer is not held against the store', async () => {
    const folder = newFolder()
    // Ponder asks a development chain under several addresses, and takes this status for the last word.
    const front = await openFront(chain.rpcUrl, ({ path }) => (path.includes('bucket') ? 404 : undefined))
    const { code, output } = await runIndexer(args(front.url, await freePort(), folder))
    front.close()
    expect(output).toContain('Failed to connect to JSON-RPC')
    expect(code).toBe(75)
    expect(readdirSync(folder)).not.toContain('failures')
  })

  test('the store of another chain is not taken for that of this one', async () => {
    writeFileSync(join(dir, 'chain.json'), JSON.stringify({ chainId: 31337, genesis: `0x${'00'.repeat(32)}` }))
    const again = await start()
    expect(again.output()).toContain('Indexing from the beginning: it belongs to another chain')
    await again.stop('SIGTERM')
    expect(readFileSync(join(dir, 'chain.json'), 'utf8')).not.toContain('0000000000000000000000')
  })
})

describe('the chain going away', () => {
  test('the index answers meanwhile, and follows the chain again once it is back', async () => {
    const gate = await openGate(chain.rpcUrl)
    const running = await startIndexer({ rpcUrl: gate.url, dir: newFolder() })
    try {
      const before = await chain.head()
      await running.reach(before)
      await gate.shut()
      await mintNode('meanwhile')
      await sleep(3000)
      const query = '{ status { block } entry(name: "os") { name } nodeIdentity(name: "meanwhile.os") { kind } }'
      expect(await running.data(query)).toEqual({
        status: { block: before },
        entry: { name: 'os' },
        nodeIdentity: null,
      })
      await gate.open()
      await running.reach(await chain.head())
      expect(await running.data(query)).toMatchObject({ nodeIdentity: { kind: 'direct' } })
    } finally {
      await running.stop()
      await gate.shut()
    }
  })
})

describe('starts that are refused', () => {
  test('a chain of another id', async () => {
    const other = await startAnvil({ chainId: 1 })
    const { code, output } = await runIndexer(args(other.url, await freePort()))
    await other.stop()
    expect(output).toContain(`it is chain 1, expected chain 31337 of the deployment`)
    expect(code).toBe(3)
  })

  test('a chain without a deployment', async () => {
    const { code, output } = await runIndexer([...args(chain.rpcUrl, await freePort()), '--chain-id', '5'])
    expect(output).toContain('Cannot find a deployment on chain 5: expected one of the chain ids 8453, 31337')
    expect(code).toBe(3)
  })

  test('a port that another program has', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The server has no port')
    const { code, output } = await runIndexer(args(chain.rpcUrl, address.port))
    server.close()
    expect(output).toContain(`Cannot serve GraphQL on port ${address.port} of 127.0.0.1: another program listens there`)
    expect(code).toBe(3)
  })

  test('a port that another program takes while the start is under way', async () => {
    const port = await freePort()
    const folder = newFolder()
    const server = createServer()
    // The port is looked at before this question, and Ponder looks for one after it.
    const front = await openFront(chain.rpcUrl, async ({ method }) => {
      if (method === 'eth_getBlockByNumber' && !server.listening)
        await once(server.listen(port, '127.0.0.1'), 'listening')
    })
    const { code, output } = await runIndexer(args(front.url, port, folder))
    front.close()
    server.close()
    expect(output).toContain('Starting Ponder')
    expect(output).toContain(`Cannot serve GraphQL on port ${port} of 127.0.0.1: another program listens there`)
    expect(code).toBe(3)
    expect(readdirSync(folder)).not.toContain('failures')
  })

  test('a folder that another process has', async () => {
    const folder = newFolder()
    const running = await startIndexer({ rpcUrl: chain.rpcUrl, dir: folder })
    await running.reach(1)
    const { code, output } = await runIndexer(args(chain.rpcUrl, await freePort(), folder))
    await running.stop()
    expect(output).toContain(`process ${running.pid} is using it`)
    expect(code).toBe(3)
  })

  test.each([
    [['--port', '1', '--dir', 'x'], 'Cannot start the indexer: --rpc is missing'],
    [
      ['--port', 'x', '--rpc', 'http://127.0.0.1:1', '--dir', 'x'],
      'Cannot read --port "x": expected a whole number from 1 to 65535',
    ],
    [
      ['--port', '1', '--rpc', 'ipc:me:secret@x', '--dir', 'x'],
      'Cannot read --rpc "x": expected an address that starts with http:// or https://',
    ],
    [['--fast'], "Cannot read the command line: Unknown option '--fast'"],
  ])('%j', async (given, message) => {
    const { code, output } = await runIndexer(given)
    expect(output).toContain(message)
    expect(code).toBe(2)
  })

  test('no chain at all, after some patience', async () => {
    const { code, output } = await runIndexer(args('http://127.0.0.1:1', await freePort()))
    expect(output).toContain('Cannot index http://127.0.0.1:1/: no chain answered eth_chainId there for 10 s')
    expect(code).toBe(1)
  })
})
