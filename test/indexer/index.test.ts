import { type Hex, namehash, parseEntryPath, parseName } from '@hyperware/protocol'
import { concatHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Owned, type TestChain, startChain } from './network/chain.ts'
import { SEVERAL_STARTS, type TestIndexer, newFolder, startIndexer } from './network/indexer.ts'

vi.setConfig(SEVERAL_STARTS)

const KEY = `0x${'11'.repeat(32)}` as const
const OTHER_KEY = `0x${'22'.repeat(32)}` as const
const BOB = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const UNKNOWN = `0x${'ee'.repeat(32)}` as const

let chain: TestChain
let indexer: TestIndexer
let os: Owned

beforeAll(async () => {
  chain = await startChain()
  os = await chain.mint(chain.root, 'os')
  indexer = await startIndexer({ rpcUrl: chain.rpcUrl, dir: newFolder() })
  await settle()
})

afterAll(async () => {
  await indexer?.stop()
  await chain?.stop()
})

/** Lets the index see all that the chain has. */
const settle = async () => indexer.reach(await chain.head())

async function identityOf(name: string) {
  await settle()
  const query = `query ($name: String!) { nodeIdentity(name: $name) {
    name kind netKey ip tcpPort wsPort udpPort wtPort routers { namehash name } problems { label data problem } } }`
  return (await indexer.data(query, { name }))['nodeIdentity']
}

/** Mints `label` under `os` and writes its notes in the order given. */
async function mintWith(label: string, notes: [string, Hex][]): Promise<Owned> {
  const entry = await chain.mint(os, label)
  for (const [note, data] of notes) await chain.note(entry, note, data)
  return entry
}

const hashOf = (path: string) => namehash(parseEntryPath(path))
const DIRECT: [string, Hex][] = [
  ['~net-key', KEY],
  ['~ip', '0x7f000001'],
  ['~tcp-port', '0x2328'],
]

describe('entries', () => {
  test('the query of the documentation is answered in full', async () => {
    await mintWith('alice-home', DIRECT)
    const foo = await mintWith('foo', [['~ip', '0x0a000001']])
    await chain.fact(foo, '!motto', '0x68656c6c6f')
    const app = await chain.mint(foo, 'foos-app')
    await settle()
    const data = await indexer.data(
      '{ nodeIdentity(name: "alice-home.os") { name kind netKey ip tcpPort wsPort routers { name } } entry(name: "foo.os") { name namehash owner tba notes { label data } facts { label data } children { name tba } } }',
    )
    expect(data).toEqual({
      nodeIdentity: {
        name: 'alice-home.os',
        kind: 'direct',
        netKey: KEY,
        ip: '127.0.0.1',
        tcpPort: 9000,
        wsPort: null,
        routers: [],
      },
      entry: {
        name: 'foo.os',
        namehash: namehash(parseName('foo.os')),
        owner: chain.admin,
        tba: foo.tba,
        notes: [{ label: '~ip', data: '0x0a000001' }],
        facts: [{ label: '!motto', data: '0x68656c6c6f' }],
        children: [{ name: 'foos-app.foo.os', tba: app.tba }],
      },
    })
  })

  test('the root, which is never minted, is an entry without a parent', async () => {
    const { entry } = await indexer.data(
      '{ entry(name: "") { name label owner tba parent { name } children { name } } }',
    )
    const root = { name: '', label: '', owner: chain.admin, tba: chain.root.tba, parent: null }
    expect(entry).toEqual({ ...root, children: [{ name: 'os' }] })
  })

  test('an entry is found by namehash too, and knows its way up', async () => {
    const query = `{ entry(namehash: "${hashOf('foo.os').toUpperCase().replace('0X', '0x')}") { name parent { name parent { name } } } }`
    expect(await indexer.data(query)).toEqual({
      entry: { name: 'foo.os', parent: { name: 'os', parent: { name: '' } } },
    })
  })

  test('a transfer changes the owner of the entry, and what each account owns', async () => {
    const entry = await chain.mint(os, 'sold')
    await chain.transfer(entry, BOB)
    await settle()
    const query = `{ entry(name: "sold.os") { owner } account(address: "${BOB.toLowerCase()}") { address tokenBoundEntry { name } entries { name } } }`
    expect(await indexer.data(query)).toEqual({
      entry: { owner: BOB },
      account: { address: BOB, tokenBoundEntry: null, entries: [{ name: 'sold.os' }] },
    })
    const { account } = await indexer.data(`{ account(address: "${entry.tba}") { tokenBoundEntry { name } } }`)
    expect(account).toEqual({ tokenBoundEntry: { name: 'sold.os' } })
  })

  test('a gene is that of the entry and of those minted under it afterwards', async () => {
    const zone = await chain.mint(os, 'zone')
    await chain.mint(zone, 'before')
    const gene = '0x0000000000EDAd72076CBe7b9Cfa3751D5a85C97'
    await chain.gene(zone, gene)
    await chain.mint(zone, 'after')
    await settle()
    const { entry } = await indexer.data('{ entry(name: "zone.os") { gene children { label gene } } }')
    const children = [
      { label: 'after', gene },
      { label: 'before', gene: null },
    ]
    expect(entry).toEqual({ gene, children })
  })

  test('lists come in order and in pages', async () => {
    const zone = await chain.mint(os, 'pages')
    for (const label of ['c', 'a', 'b']) await chain.mint(zone, label)
    await settle()
    const page =
      'query ($after: String) { entries(parent: "pages.os", first: 2, after: $after) { items { label } endCursor } }'
    expect((await indexer.data(page))['entries']).toEqual({ items: [{ label: 'a' }, { label: 'b' }], endCursor: 'b' })
    expect((await indexer.data(page, { after: 'b' }))['entries']).toEqual({ items: [{ label: 'c' }], endCursor: null })
  })
})

describe('notes', () => {
  test('malformed notes say what is wrong, and the rest of the entry still works', async () => {
    const long = `0x${'ab'.repeat(10_240)}` as const
    await mintWith('broken', [
      ...DIRECT,
      ['~net-key', `0x${'33'.repeat(31)}`],
      ['~tcp-port', '0x002328'],
      ['~ip', long],
      ['~ws-port', '0xff'],
      ['~routers', '0x00'],
      ['~comment', '0xc328'],
      ['~metadata-uri', '0xff00'],
    ])
    expect(await identityOf('broken.os')).toEqual({
      name: 'broken.os',
      kind: 'direct',
      netKey: KEY,
      ip: '127.0.0.1',
      tcpPort: 9000,
      wsPort: null,
      udpPort: null,
      wtPort: null,
      routers: [],
      problems: [
        { label: '~ip', data: long, problem: '~ip is 10240 bytes, expected 4 or 16' },
        { label: '~net-key', data: `0x${'33'.repeat(31)}`, problem: '~net-key is 31 bytes, expected 32' },
        { label: '~routers', data: '0x00', problem: '~routers is 1 byte, expected a multiple of 32' },
        { label: '~tcp-port', data: '0x002328', problem: '~tcp-port is 3 bytes, expected 2' },
        { label: '~ws-port', data: '0xff', problem: '~ws-port is 1 byte, expected 2' },
      ],
    })
    const { entry } = await indexer.data('{ entry(name: "broken.os") { notes { label text problem } } }')
    expect(entry.notes).toContainEqual({ label: '~comment', text: null, problem: null })
    expect(entry.notes).toContainEqual({
      label: '~metadata-uri',
      text: null,
      problem: '~metadata-uri is not valid UTF-8',
    })
  })

  test('a malformed note is forgotten once a good one takes its place', async () => {
    const entry = await mintWith('mended', [['~net-key', '0x00']])
    expect(await identityOf('mended.os')).toMatchObject({
      kind: 'incomplete',
      netKey: null,
      problems: [{ label: '~net-key' }],
    })
    await chain.note(entry, '~net-key', KEY)
    expect(await identityOf('mended.os')).toMatchObject({ netKey: KEY, problems: [] })
  })

  test('text that can be read is shown as text', async () => {
    await mintWith('talker', [['~hello', '0x68c3a96c6c6f']])
    await settle()
    const { entry } = await indexer.data('{ entry(name: "talker.os") { notes { label namehash data text } } }')
    const note = { label: '~hello', namehash: hashOf('~hello.talker.os'), data: '0x68c3a96c6c6f', text: 'héllo' }
    expect(entry.notes).toEqual([note])
  })

  test('a cleared note is gone', async () => {
    const entry = await mintWith('cleared', DIRECT)
    await chain.note(entry, '~tcp-port', '0x')
    expect(await identityOf('cleared.os')).toMatchObject({ kind: 'incomplete', tcpPort: null })
    const { entry: row } = await indexer.data('{ entry(name: "cleared.os") { notes { label } } }')
    expect(row.notes).toEqual([{ label: '~ip' }, { label: '~net-key' }])
  })
})

describe('node identities', () => {
  test('the last write decides between direct and indirect', async () => {
    const entry = await mintWith('switch', DIRECT)
    await chain.note(entry, '~routers', hashOf('alice-home.os'))
    const router = { namehash: hashOf('alice-home.os'), name: 'alice-home.os' }
    expect(await identityOf('switch.os')).toMatchObject({
      kind: 'indirect',
      ip: null,
      tcpPort: null,
      routers: [router],
    })
    await chain.note(entry, '~ip', '0x7f000002')
    await chain.note(entry, '~ws-port', '0x2329')
    expect(await identityOf('switch.os')).toMatchObject({ kind: 'direct', ip: '127.0.0.2', wsPort: 9001, routers: [] })
  })

  test('an unknown router is listed without a name until somebody mints it', async () => {
    const later = hashOf('later.os')
    await mintWith('waiting', [
      ['~net-key', KEY],
      ['~routers', concatHex([later, UNKNOWN])],
    ])
    const unknown = { namehash: UNKNOWN, name: null }
    expect(await identityOf('waiting.os')).toMatchObject({
      kind: 'indirect',
      routers: [{ namehash: later, name: null }, unknown],
    })
    await chain.mint(os, 'later')
    expect(await identityOf('waiting.os')).toMatchObject({ routers: [{ namehash: later, name: 'later.os' }, unknown] })
  })

  test('there is none for an entry without such notes, for no entry, and after all are cleared', async () => {
    const entry = await mintWith('gone', [['~net-key', KEY]])
    expect(await identityOf('gone.os')).not.toBeNull()
    await chain.note(entry, '~net-key', '0x')
    for (const name of ['gone.os', 'talker.os', 'nobody.os']) expect(await identityOf(name)).toBeNull()
  })

  test('those that changed since a block are listed, cleared ones included', async () => {
    const since = (await chain.head()) + 1
    const entry = await mintWith('changing', [['~net-key', KEY]])
    const list = `{ nodeIdentities(changedSince: ${since}) { items { name kind netKey } endCursor } }`
    await settle()
    const changed = { name: 'changing.os', kind: 'incomplete' }
    expect((await indexer.data(list))['nodeIdentities']).toEqual({
      items: [{ ...changed, netKey: KEY }],
      endCursor: null,
    })
    await chain.note(entry, '~net-key', '0x')
    await settle()
    expect((await indexer.data(list))['nodeIdentities'].items).toEqual([{ ...changed, netKey: null }])
    const { nodeIdentities } = await indexer.data('{ nodeIdentities { items { name } } }')
    expect(nodeIdentities.items).not.toContainEqual({ name: 'changing.os' })
    expect(nodeIdentities.items).toContainEqual({ name: 'alice-home.os' })
  })

  test('a key can be changed', async () => {
    const entry = await mintWith('rotating', DIRECT)
    await chain.note(entry, '~net-key', OTHER_KEY)
    expect(await identityOf('rotating.os')).toMatchObject({ netKey: OTHER_KEY, kind: 'direct' })
  })
})

describe('the chain taking blocks back', () => {
  test('what was in them is gone, and what was before them is back', async () => {
    const entry = await mintWith('steady', DIRECT)
    await chain.note(entry, '~net-key', OTHER_KEY)
    await chain.mint(os, 'undone')
    expect(await identityOf('steady.os')).toMatchObject({ netKey: OTHER_KEY })
    await chain.call('anvil_reorg', 2, [])
    await chain.call('anvil_mine', '0x1')
    expect(await identityOf('steady.os')).toMatchObject({ netKey: KEY, kind: 'direct', ip: '127.0.0.1' })
    expect(await indexer.data('{ entry(name: "undone.os") { name } }')).toEqual({ entry: null })
    await chain.mint(os, 'undone')
    await settle()
    expect(await indexer.data('{ entry(name: "undone.os") { name } }')).toEqual({ entry: { name: 'undone.os' } })
  })
})

describe('questions that cannot be answered', () => {
  test.each([
    ['{ entry { name } }', 'Cannot find entry: expected exactly one of name and namehash, but neither was given'],
    [
      `{ entry(name: "os", namehash: "${KEY}") { name } }`,
      'Cannot find entry: expected exactly one of name and namehash, but both were given',
    ],
    [
      '{ entry(name: "Alice.os") { name } }',
      'Cannot parse name "Alice.os": label 0 has character "A", which is not one of a-z, 0-9 or hyphen\nHint: names are lowercase; try "alice.os"',
    ],
    ['{ entry(namehash: "0x12") { name } }', 'Cannot read namehash "0x12": expected 0x and 64 hexadecimal digits'],
    ['{ account(address: "bob") { address } }', 'Cannot read address "bob": expected 0x and 40 hexadecimal digits'],
    [
      '{ entries(first: 1001) { endCursor } }',
      'Cannot list with first 1001: expected 1 to 1000; pass the last item as after for more',
    ],
    [
      '{ entries(first: 0) { endCursor } }',
      'Cannot list with first 0: expected 1 to 1000; pass the last item as after for more',
    ],
    [
      '{ entries(first: 1000) { items { children(first: 1000) { name } } } }',
      'Cannot answer the query: its lists could hold more than 50000 objects in all; ask with a smaller first',
    ],
  ])('%s', async (query, message) => {
    const { errors } = await indexer.ask(query)
    expect(errors?.map((error) => error.message)).toEqual([message])
  })

  test('a query of very many words is refused before it is looked at', async () => {
    const { errors } = await indexer.ask(`{ ${'__typename '.repeat(3000)} }`)
    expect(errors?.[0]?.message).toContain('Document contains more that 2000 tokens')
  })

  test('a body over 64 KiB is refused', async () => {
    const response = await indexer.post(
      '/graphql',
      JSON.stringify({ query: `{ status { block } } #${'x'.repeat(65_536)}` }),
    )
    expect(response.status).toBe(413)
  })
})

describe('the server', () => {
  test('the explorer page carries all it needs', async () => {
    const response = await fetch(`${indexer.url}/graphql`, { headers: { accept: 'text/html' } })
    const page = await response.text()
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(page).toContain('Hyperware')
    expect(page).not.toMatch(/<(script|link)[^>]+(src|href)="https?:/)
  })

  test('the generated API is there beside ours', async () => {
    const query = '{ entrys(where: { name: "foo.os" }) { items { name label } } }'
    const response = await indexer.post('/ponder', JSON.stringify({ query }))
    expect(await response.json()).toEqual({ data: { entrys: { items: [{ name: 'foo.os', label: 'foo' }] } } })
  })

  test('it says how far it is, and that it is ready', async () => {
    await settle()
    const { status } = await indexer.data('{ status { chainId hypermap block blockTime } }')
    expect(status).toMatchObject({ chainId: 31337, hypermap: chain.hypermap, block: await chain.head() })
    expect(Math.abs(status.blockTime - Date.now() / 1000)).toBeLessThan(3600)
    expect((await fetch(`${indexer.url}/ready`)).status).toBe(200)
    expect((await fetch(`${indexer.url}/health`)).status).toBe(200)
  })
})
