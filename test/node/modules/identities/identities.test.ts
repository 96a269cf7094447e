import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { viewAgeMs } from '../../../../node/modules/identities/chain-view.ts'
import { type Identities, startIdentities } from '../../../../node/modules/identities/identities.ts'
import { freePort } from '../../../helpers/free-port.ts'
import { until } from '../../../helpers/until.ts'
import { collectLog } from '../../log-lines.ts'
import {
  createScript,
  directRow,
  HYPERMAP,
  indirectRow,
  KEY_A,
  KEY_B,
  type Row,
  type Script,
  startScriptedChain,
  startScriptedIndex,
} from './index-script.ts'
import { type JsonServer, startJsonServer } from './json-server.ts'

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

type Started = {
  identities: Identities
  index: JsonServer
  chain: JsonServer
  lines: ReturnType<typeof collectLog>['lines']
  home: string
}

type StartOptions = { home?: string; index?: JsonServer; patienceMs?: number; timeoutMs?: number | undefined }

async function start(script: Script, options: StartOptions = {}): Promise<Started> {
  const started = await begin(script, options)
  await started.identities.firstPoll
  return started
}

/** As `start`, without waiting for the first poll. */
async function begin(script: Script, options: StartOptions): Promise<Started> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'hyperware-identities-')))
  const index = options.index ?? (await startScriptedIndex(script))
  const chain = await startScriptedChain(script)
  const { log, lines } = collectLog()
  const identities = await startIdentities({
    home,
    index: endpoint(index.url, options.timeoutMs),
    chain: endpoint(chain.url),
    chainId: 31_337,
    hypermap: HYPERMAP,
    now: Date.now,
    log,
    pollMs: 20,
    patienceMs: options.patienceMs,
  })
  cleanups.push(
    () => index.close(),
    () => chain.close(),
    () => identities.stop(),
  )
  return { identities, index, chain, lines, home }
}

function endpoint(url: string, timeoutMs = 30_000) {
  return { url, timeoutMs, maxBytes: 2_000_000 }
}

describe('the identity table', () => {
  test('learns direct and indirect nodes, and leaves out routers the index cannot name', async () => {
    const { identities } = await start(
      createScript([directRow('alice.os'), indirectRow('robin.os', ['relay.os', null, '[\\xff].os'])]),
    )
    expect(identities.table.find('alice.os')).toEqual({
      name: 'alice.os',
      netKey: KEY_A,
      routing: { kind: 'direct', ip: '127.0.0.1', ports: { tcp: 9_000 } },
    })
    expect(identities.table.find('robin.os')?.routing).toEqual({ kind: 'indirect', routers: ['relay.os'] })
    expect(identities.table.find('nobody.os')).toBeUndefined()
  })

  test('reads page after page', async () => {
    const rows = Array.from({ length: 25 }, (_, index) => directRow(`node-${index}.os`))
    const { identities } = await start({ ...createScript(rows), pageSize: 10 })
    expect(identities.table.size()).toBe(25)
  })

  test('hears of a new key, a new node and a cleared node, and tells its listeners each name once', async () => {
    const script = createScript([directRow('alice.os'), directRow('bob.os')])
    const { identities } = await start(script)
    const heard: string[] = []
    identities.table.onChange((name) => heard.push(name))
    script.rows = [
      directRow('alice.os', 21, KEY_B),
      { name: 'bob.os', kind: 'incomplete', netKey: null, routers: [], updatedBlock: 21 },
      directRow('carol.os', 21),
    ]
    script.block = script.chainBlock = 21
    await until(() => heard.length >= 3)
    expect(identities.table.find('alice.os')?.netKey).toBe(KEY_B)
    expect(identities.table.find('bob.os')).toBeUndefined()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(heard).toEqual(['alice.os', 'bob.os', 'carol.os'])
  })

  test('asks only for what changed lately once it has read everything', async () => {
    const { index } = await start(createScript([directRow('alice.os')]))
    await until(() => index.requests.length >= 3)
    const asked = index.requests.map((body) => (body as { variables: { changedSince: number } }).variables.changedSince)
    expect(asked.slice(0, 3)).toEqual([0, 10, 10])
  })

  test('begins anew when the index goes back, and forgets the names that are gone', async () => {
    const script = createScript([directRow('alice.os'), directRow('bob.os')])
    const { identities, lines } = await start(script)
    script.rows = [directRow('bob.os', 1)]
    script.block = script.chainBlock = 3
    await until(() => identities.table.find('alice.os') === undefined)
    expect(identities.table.find('bob.os')).toBeDefined()
    expect(identities.view().block).toBe(3)
    expect(lines.map(({ event }) => event)).toContain('index-went-back')
  })

  test('keeps every node while the index is made anew, and forgets who is gone once it has caught up', async () => {
    const script = createScript([directRow('alice.os'), directRow('bob.os')])
    const { identities, index } = await start(script)
    const heard: string[] = []
    identities.table.onChange((name) => heard.push(name))
    script.rows = [directRow('alice.os', 1, KEY_B)]
    script.block = 5
    await until(() => identities.view().problem !== undefined)
    expect(identities.view()).toMatchObject({
      block: 20,
      problem: `Cannot use the answer of "${index.url}": it went back to block 5, expected 20 or later`,
    })
    expect(identities.table.find('alice.os')?.netKey).toBe(KEY_A)
    expect(identities.table.find('bob.os')).toBeDefined()
    script.rows = [directRow('alice.os')]
    script.block = script.chainBlock = 25
    await until(() => identities.view().block === 25)
    expect(identities.view().problem).toBeUndefined()
    expect(heard).toEqual(['bob.os'])
  })

  test('believes no reading during which the index began anew', async () => {
    const script = { ...createScript([directRow('alice.os'), directRow('bob.os')]), pageSize: 1 }
    let answers = 0
    const index = await startScriptedIndex(script, 0, () => {
      answers += 1
      if (answers === 2) Object.assign(script, { rows: [], block: 5 })
    })
    const home = await savedHome([directRow('alice.os'), directRow('bob.os')])
    const { identities } = await start(script, { home, index })
    expect(identities.view().problem).toMatch(/it went back to block 5 from 20 between two pages$/)
    expect(identities.table.size()).toBe(2)
  })
})

describe('a start with patience', () => {
  const isOver = (poll: Promise<void>, withinMs: number) =>
    Promise.race([poll.then(() => true), new Promise((resolve) => setTimeout(() => resolve(false), withinMs))])

  test('waits until the index has caught up with the chain, and says nothing of it', async () => {
    const script = { ...createScript([directRow('alice.os')]), chainBlock: 25 }
    const { identities, lines } = await begin(script, { patienceMs: 20_000 })
    expect(await isOver(identities.firstPoll, 600)).toBe(false)
    script.rows = [directRow('bob.os', 25)]
    script.block = 25
    await identities.firstPoll
    expect(identities.table.find('bob.os')).toBeDefined()
    expect(lines.map(({ event }) => event)).not.toContain('view-stale')
  })

  test('waits for an index that does not answer yet, no longer than it may, and tells of it then', async () => {
    const gone = await startScriptedIndex(createScript(), await freePort())
    await gone.close()
    const { identities, lines } = await begin(createScript(), { index: gone, patienceMs: 800 })
    expect(await isOver(identities.firstPoll, 400)).toBe(false)
    expect(lines.map(({ event }) => event)).not.toContain('view-stale')
    await identities.firstPoll
    await until(() => lines.some(({ event }) => event === 'view-stale'))
  })
})

describe('the view of the chain', () => {
  test('is current while the index holds the newest block', async () => {
    const { identities } = await start(createScript())
    await until(() => (viewAgeMs(identities.view(), Date.now()) ?? 1_000) < 500)
    expect(identities.view()).toMatchObject({ block: 20, chainId: 31_337, source: 'index', problem: undefined })
  })

  test('grows old while the index lags behind the chain, and is current again once it caught up', async () => {
    const script = createScript()
    const { identities } = await start(script)
    script.chainBlock = 30
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(viewAgeMs(identities.view(), Date.now())).toBeGreaterThan(300)
    script.block = 30
    await until(() => (viewAgeMs(identities.view(), Date.now()) ?? 1_000) < 300)
  })

  test('keeps the nodes while the index is away, says so once, and recovers', async () => {
    const script = createScript([directRow('alice.os')])
    const port = await freePort() // the system could give one of its own to somebody else while the index is away
    const { identities, index, lines } = await start(script, { index: await startScriptedIndex(script, port) })
    await index.close()
    await until(() => identities.view().problem !== undefined)
    expect(identities.view().problem).toBe(`Cannot ask "${index.url}": nothing answers there`)
    expect(identities.table.find('alice.os')).toBeDefined()
    script.rows.push(directRow('bob.os', 21))
    script.block = script.chainBlock = 21
    const again = await startScriptedIndex(script, port)
    cleanups.push(() => again.close())
    await until(() => identities.table.find('bob.os') !== undefined)
    await until(() => identities.view().problem === undefined && lines.length > 1)
    expect(lines.map(({ event }) => event)).toEqual(['view-stale', 'view-recovered'])
  })

  test('goes on reading the index while the chain endpoint is away, and says that its age cannot be known', async () => {
    const script = createScript()
    const { identities, chain } = await start(script)
    await chain.close()
    script.rows.push(directRow('bob.os', 20))
    await until(() => identities.table.find('bob.os') !== undefined && identities.view().problem !== undefined)
    expect(identities.view().problem).toContain(chain.url)
  })
})

describe('a hostile or broken index', () => {
  test.each<[string, () => { status?: number; body: string } | undefined, RegExp, timeoutMs?: number]>([
    ['never answers', () => undefined, /no answer within 500 ms/, 500],
    ['answers 500', () => ({ status: 500, body: 'oops' }), /it answered 500 "oops"/],
    ['answers something else than JSON', () => ({ body: '<html>' }), /it is not JSON: "<html>"/],
    ['answers a number', () => ({ body: '7' }), /it is not a GraphQL answer/],
    ['answers with errors', () => ({ body: '{"errors":[{"message":"too deep"}]}' }), /it failed with "too deep"/],
    ['answers without end', () => ({ body: 'x'.repeat(3_000_000) }), /it is longer than 2000000 bytes/],
    ['indexes another chain', () => scripted({ chainId: 8_453 }), /it indexes chain 8453, expected 31337/],
    ['indexes another contract', () => scripted({ hypermap: `0x${'1'.repeat(40)}` }), /it indexes Hypermap at 0x1111/],
    ['has a negative block', () => scripted({ block: -1 }), /status.block is not a block number/],
  ])('that %s teaches nothing and is named in the problem', async (_, answer, problem, timeoutMs) => {
    const index = await startJsonServer(answer)
    const { identities } = await start(createScript(), { index, timeoutMs })
    await until(() => identities.view().problem !== undefined)
    expect(identities.view().problem).toMatch(problem)
    expect(identities.table.size()).toBe(0)
  })

  test('cannot harm other rows with bad ones', async () => {
    const bad = [
      { ...directRow('Capital.os') },
      { ...directRow('key.os'), netKey: '0x12' },
      { ...directRow('ip.os'), ip: 'localhost' },
      { ...directRow('port.os'), tcpPort: 70_000 },
      { ...directRow('kind.os'), kind: 'both' },
      {
        ...indirectRow(
          'many.os',
          Array.from({ length: 65 }, () => 'relay.os'),
        ),
      },
    ]
    const { identities, lines } = await start(createScript([...bad, directRow('good.os')]))
    expect(identities.table.list().map(({ name }) => name)).toEqual(['good.os'])
    expect(lines[0]).toMatchObject({ event: 'identity-rows-refused', fields: { count: 6 } })
  })
})

describe('the saved view', () => {
  test('lets a restart without index or chain find its peers, and shows its age', async () => {
    const script = createScript([directRow('alice.os'), indirectRow('robin.os', ['relay.os'])])
    const first = await start(script)
    await until(() => viewAgeMs(first.identities.view(), Date.now()) !== undefined)
    await first.identities.stop()
    await first.index.close()
    await new Promise((resolve) => setTimeout(resolve, 300))

    const gone = await startJsonServer(() => ({ status: 503, body: 'away' }))
    const { identities } = await start(script, { home: first.home, index: gone })
    expect(identities.table.find('robin.os')?.routing).toEqual({ kind: 'indirect', routers: ['relay.os'] })
    expect(identities.view()).toMatchObject({ block: 20, source: 'saved' })
    expect(viewAgeMs(identities.view(), Date.now())).toBeGreaterThan(250)
  })

  test('outlives a restart while the index is made anew', async () => {
    const script = createScript()
    const home = await savedHome([directRow('alice.os'), directRow('bob.os')])
    script.block = 5
    const { identities } = await start(script, { home })
    expect(identities.view().problem).toMatch(/it went back to block 5, expected 20 or later$/)
    await identities.stop()
    const next = await start(script, { home })
    expect(next.identities.table.list().map(({ name }) => name)).toEqual(['alice.os', 'bob.os'])
  })

  test('is written while the node runs, so that a killed node has it too', async () => {
    const { home } = await start(createScript([directRow('alice.os')]))
    let saved = ''
    for (let tries = 0; tries < 300 && !saved.includes('alice.os'); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      saved = await readFile(join(home, 'identities.json'), 'utf8').catch(() => '')
    }
    expect(JSON.parse(saved)).toMatchObject({ version: 1, chainId: 31_337, block: 20 })
  })

  test.each([
    ['cut short', '{"version":1,"chai', 'it is not JSON'],
    [
      'of another chain',
      JSON.stringify({ version: 1, chainId: 1, hypermap: HYPERMAP, block: 1, currentAtMs: null, identities: [] }),
      'it is of another chain or contract',
    ],
    [
      'with a bad row',
      JSON.stringify({ version: 1, chainId: 31_337, hypermap: HYPERMAP, block: 1, identities: [{ name: 7 }] }),
      '"7" is not a name',
    ],
  ])('%s is set aside with a log line', async (_, text, problem) => {
    const home = await mkdtemp(join(tmpdir(), 'hyperware-identities-'))
    await writeFile(join(home, 'identities.json'), text)
    const { identities, lines } = await start(createScript([directRow('alice.os')]), { home })
    expect(identities.table.size()).toBe(1)
    expect(lines[0]).toMatchObject({ event: 'identities-file-refused', fields: { problem } })
  })
})

/** A home whose view of an earlier run, up to block 20, holds `identities`. */
async function savedHome(identities: readonly Row[]): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'hyperware-identities-'))
  const saved = { version: 1, chainId: 31_337, hypermap: HYPERMAP, block: 20, currentAtMs: null, identities }
  await writeFile(join(home, 'identities.json'), JSON.stringify(saved))
  return home
}

function scripted(change: Record<string, unknown>): { body: string } {
  const status = { chainId: 31_337, hypermap: HYPERMAP, block: 20, ...change }
  const items = [directRow('mallory.os')]
  return { body: JSON.stringify({ data: { status, nodeIdentities: { items, endCursor: null } } }) }
}
