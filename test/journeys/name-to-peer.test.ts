import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { login } from '@hyperware/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  askGraphql,
  eventually,
  hyperware,
  hyperwareJson,
  spawnUntilReady,
  startNetwork,
  type RunningNetwork,
} from '../helpers/hyperware.ts'

type Identity = { kind: string; netKey: string | null; tcpPort: number | null; routers: { name: string | null }[] }
type NodeStatus = { view: { block: number; ageMs: number; problem?: string } }

const CAROL = 'carol-home.os'
const folder = mkdtempSync(join(tmpdir(), 'hyperware-journey-'))
const home = join(folder, 'network')
const carolHome = join(folder, 'carol')
const passwordFile = join(folder, 'password')
const uninstallHello = () => ['uninstall', 'alice-home.os', 'hello:example.os', '--home', home]
const NOT_INSTALLED = expect.stringContaining(
  'Cannot uninstall hello:example.os: no such package is installed',
) as string
const inNetwork = ['--network', home]
const withPassword = ['--password-file', passwordFile]
const atCarol = ['--home', carolHome, ...withPassword]

let network: RunningNetwork
let carol: Awaited<ReturnType<typeof bootCarol>>

const bootCarol = () =>
  spawnUntilReady<{ name: string; url: string }>(['node', '--home', carolHome, ...inNetwork, ...withPassword])

const identityOf = async (name: string) =>
  (
    await askGraphql<{ nodeIdentity: Identity | null }>(
      network.graphql,
      'query ($name: String!) { nodeIdentity(name: $name) { kind netKey tcpPort routers { name } } }',
      { name },
    )
  ).nodeIdentity

const statusOf = async (url: string, cookie: string) => {
  const response = await fetch(`${url}/api/node`, { headers: { cookie } })
  return (await response.json()) as NodeStatus
}

const greet = (name: string, sender: readonly string[]) =>
  eventually(`an answer from ${name} to ${sender.join(' ')}`, async () => {
    const { code, stdout, stderr } = await hyperware(['hi', name, 'hello', ...sender])
    if (code !== 0) throw new Error(stderr)
    return stdout.trim()
  })

/** Runs a line at alice's terminal. */
const run = async (line: string) => {
  const { stdout, stderr } = await hyperware(['run', '--home', home, 'alice-home.os', line])
  return stdout.trim() || stderr.trim()
}

const from = (node: string) => ['--from', node, '--home', home]
const fromCarol = () => ['--url', carol.ready.url, '--password-file', passwordFile]

beforeAll(async () => {
  writeFileSync(passwordFile, 'a password of carol\n', { mode: 0o600 })
  network = await startNetwork(home)
})

afterAll(async () => {
  carol.child.kill('SIGTERM')
  await network.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('a name becomes a peer', () => {
  test('the network says of itself what scripts need', () => {
    expect(network.chain.chainId).toBe(31337)
    expect(network.nodes.map(({ name }) => name)).toEqual(['alice-home.os', 'relay-home.os', 'robin-home.os'])
  })

  test('the tree of the paper is there, with its notes and facts', async () => {
    const query =
      '{ entry(name: "package.baz.hypr") { notes { label } facts { label } } os: entry(name: "os") { children { name } } }'
    expect(await askGraphql(network.graphql, query)).toEqual({
      entry: {
        notes: [{ label: '~metadata-hash' }, { label: '~metadata-uri' }, { label: '~this-is-mutable' }],
        facts: [{ label: '!this-is-permanent' }],
      },
      os: {
        children: ['alice-home.os', 'bar.os', 'foo.os', 'relay-home.os', 'robin-home.os'].map((name) => ({ name })),
      },
    })
  })

  test('names get shows what the notes of an entry mean', async () => {
    const { stdout } = await hyperware(['names', 'get', 'foo.os', ...inNetwork])
    for (const line of ['~ip        192.0.2.10', '~tcp-port  10000', '~ws-port   9000']) expect(stdout).toContain(line)
  })

  test('a name is minted through the public minter and publishes a key and a router', async () => {
    const minted = await hyperwareJson<{ name: string; tba: string }>(['names', 'mint', CAROL, ...inNetwork])
    expect(minted.name).toBe(CAROL)
    const keys = await hyperwareJson<{ netKey: string }>([
      'keys',
      'create',
      CAROL,
      '--home',
      carolHome,
      '--password-file',
      passwordFile,
      '--routers',
      'relay-home.os',
    ])
    await hyperwareJson(['notes', 'set', CAROL, '~net-key', keys.netKey, ...inNetwork])
    await hyperwareJson(['notes', 'set', CAROL, '~routers', 'relay-home.os', ...inNetwork])

    const row = await eventually('the row of carol', async () => {
      const identity = await identityOf(CAROL)
      return identity?.kind === 'indirect' ? identity : undefined
    })
    expect(row).toEqual({
      kind: 'indirect',
      netKey: keys.netKey,
      tcpPort: null,
      routers: [{ name: 'relay-home.os' }],
    })
  })

  test('it boots as a node, and is greeted and greets through the router and directly', async () => {
    carol = await bootCarol()
    expect(carol.ready.name).toBe(CAROL)
    expect(await greet(CAROL, from('alice-home.os'))).toBe('ack') // routed: carol has no address
    expect(await greet('robin-home.os', fromCarol())).toBe('ack') // routed on both sides
    expect(await greet('alice-home.os', fromCarol())).toBe('ack') // direct
    expect(await greet('relay-home.os', from('alice-home.os'))).toBe('ack') // direct between listening nodes
  })

  test('a line at a terminal greets, and a package from its sources runs and answers', async () => {
    expect(await run('hi robin-home.os good morning')).toBe('response from robin-home.os: ack')
    expect(await run('alias say echo:terminal:sys')).toBe('say stands for echo:terminal:sys')
    const args = ['install', 'alice-home.os', 'examples/hello', '--home', home]
    const asked = await hyperware(args)
    expect([asked.code, asked.stderr]).toEqual([3, expect.stringContaining('may message timer:distro:sys')])
    expect(await hyperwareJson([...args, '--yes'])).toMatchObject({ processes: ['hello:hello:example.os'] })
    expect(await run("m our@hello:hello:example.os 'hi' -a 60")).toBe('{"heard":"hi","greetings":1}')
  })

  test('after its key was rotated onchain it boots with the new key and is greeted again', async () => {
    const before = (await identityOf(CAROL))?.netKey
    const rotated = await hyperwareJson<{ netKey: string }>(['keys', 'rotate', CAROL, ...atCarol, ...inNetwork])
    expect(rotated.netKey).not.toBe(before)
    const stopped = new Promise((resolve) => carol.child.once('exit', resolve))
    carol.child.kill('SIGTERM')
    await stopped
    carol = await bootCarol()
    expect(await greet(CAROL, from('alice-home.os'))).toBe('ack')
    expect((await identityOf(CAROL))?.netKey).toBe(rotated.netKey)
  })

  test('a malformed note is named in its row, and the entry goes on working', async () => {
    await hyperwareJson(['notes', 'set', 'foo.os', '~tcp-port', '0x010203', '--hex', ...inNetwork])
    const query = `{ entry(name: "foo.os") { owner notes { label data problem } nodeIdentity { kind problems { label problem } } } }`
    type Answer = { entry: { owner: string; notes: { label: string; data: string; problem: string | null }[] } }
    const note = await eventually('the malformed note', async () => {
      const { entry } = await askGraphql<Answer>(network.graphql, query)
      return entry.notes.find(({ label, data }) => label === '~tcp-port' && data === '0x010203')
    })
    expect(note.problem).toBe('~tcp-port is 3 bytes, expected 2')
  })

  test('nodes go on with what they know while chain or index are away, show its age, and catch up', async () => {
    const alice = network.nodes[0]
    if (alice === undefined) throw new Error('the network has no nodes')
    const { cookie } = await login(alice.url, alice.password)
    for (const part of ['index', 'anvil']) {
      network.kill(part)
      expect(await greet('robin-home.os', from('alice-home.os'))).toBe('ack')
      await eventually(`a fresh view after the ${part} was killed`, async () => {
        const { view } = await statusOf(alice.url, cookie)
        return view.problem === undefined && view.ageMs < 3_000 ? view : undefined
      })
      await eventually('an answer of the index', async () => (await identityOf('alice-home.os')) ?? undefined)
    }
  })

  test('a kill of every process loses nothing', async () => {
    const query = '{ entries(parent: "os") { items { name owner tba notes { label data } } } }'
    const before = await askGraphql(network.graphql, query)
    const passwords = network.nodes.map(({ name, password }) => ({ name, password }))
    const stopped = new Promise((resolve) => carol.child.once('exit', resolve))
    carol.child.kill('SIGTERM')
    await network.killAll()
    await stopped

    network = await startNetwork(home)
    expect(network.nodes.map(({ name, password }) => ({ name, password }))).toEqual(passwords)
    expect(await askGraphql(network.graphql, query)).toEqual(before)
    carol = await bootCarol()
    expect(await greet(CAROL, from('alice-home.os'))).toBe('ack')
    expect(await greet('robin-home.os', from('alice-home.os'))).toBe('ack')
    expect(await run('say hi again')).toBe('hi again')
    expect(await run("m our@hello:hello:example.os 'hi' -a 60")).toBe('{"heard":"hi","greetings":2}')
  })

  test('a package is built into a zip, installed from it, and taken off for good', async () => {
    const out = join(folder, 'hello:example.os.zip')
    expect(await hyperwareJson(['build', 'examples/hello', '--out', out])).toMatchObject({
      package: 'hello:example.os',
    })
    const installed = await hyperwareJson(['install', 'alice-home.os', out, '--yes', '--home', home])
    expect(installed).toEqual({ package: 'hello:example.os', processes: ['hello:hello:example.os'], replaced: true })
    expect(await run("m our@hello:hello:example.os 'hi' -a 60")).toBe('{"heard":"hi","greetings":3}')
    const gone = { package: 'hello:example.os', processes: ['hello:hello:example.os'] }
    expect(await hyperwareJson(uninstallHello())).toEqual(gone)
    expect(await hyperware(uninstallHello())).toMatchObject({ code: 1, stderr: NOT_INSTALLED })
    expect(await hyperware(['uninstall', 'alice-home.os', 'terminal:sys', '--home', home])).toMatchObject({ code: 1 })
  })

  test('Ctrl-C stops everything', async () => {
    carol.child.kill('SIGTERM')
    expect(await network.stop()).toEqual({ code: 0, left: [] })
    network = await startNetwork(home)
    expect(await greet('robin-home.os', from('alice-home.os'))).toBe('ack')
    expect(await hyperware(uninstallHello())).toMatchObject({ code: 1, stderr: NOT_INSTALLED })
  })
})
