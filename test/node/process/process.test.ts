import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { decodeJson, formatJson, type JsonValue } from '@hyperware/protocol'
import {
  BUILD_MS,
  bundleOf,
  OUR_NAME,
  type PackageNode,
  type Said,
  startPackageNode,
} from '../packages/package-node.ts'

/** The library of processes from inside two components, and from outside, on a real kernel, file system and state. */

const PROBE = 'probe:probe:example.os'
const PEER = 'peer:probe:example.os'

let node: PackageNode
let bundle: Uint8Array

beforeAll(async () => {
  bundle = await bundleOf(join(import.meta.dirname, 'probe'))
  node = await startPackageNode({ bundle })
}, BUILD_MS)

afterAll(() => node?.stop())

function read(said: Said): unknown {
  if ('error' in said) throw new Error(said.error)
  const value = decodeJson(said.text)
  if (!value.ok) throw new Error(`${said.text}: ${value.problem}`)
  return value.value
}

type Words = { readonly [name: string]: JsonValue }

async function probe(words: Words, target = PROBE, seconds = 20): Promise<unknown> {
  return read(await node.ask(target, formatJson(words), seconds))
}

/** A process that ended is not there until it has been started again; what waited for it then is lost. */
const whenBack = (words: Words, target: string) => vi.waitFor(() => probe(words, target, 1), 45_000)

const peer = (body: Words) => ({ target: `our@${PEER}`, body })

async function heard(count: number, target = PROBE): Promise<readonly unknown[]> {
  const all: unknown[] = []
  await vi.waitFor(async () => {
    all.push(...((await probe({ do: 'heard' }, target)) as readonly unknown[]))
    expect(all.length).toBeGreaterThanOrEqual(count)
  }, 30_000)
  return all
}

describe('ask', () => {
  test('gives the response, and carries metadata, capabilities and blob there', async () => {
    const asked = { do: 'ask', ...peer({ do: 'describe' }), metadata: '"m"', attach: { may: 'read' }, seconds: 7 }
    expect(await probe(asked)).toEqual({
      answer: {
        source: `${OUR_NAME}@${PROBE}`,
        metadata: '"m"',
        expects: 7,
        capabilities: [`${OUR_NAME}@${PROBE} {"may":"read"}`],
        blob: 'text/plain 1,2,3',
      },
      source: `${OUR_NAME}@${PEER}`,
    })
  })

  test('waits five seconds unless told otherwise, and sends nothing along by itself', async () => {
    expect(await probe({ do: 'ask', ...peer({ do: 'describe' }) })).toMatchObject({
      answer: { expects: 5, metadata: null, capabilities: [], blob: null },
    })
  })

  test('keeps what comes meanwhile, in its order', async () => {
    const slow = probe({ do: 'ask', ...peer({ do: 'slow', ms: 300 }) })
    for (const text of ['one', 'two', 'three']) node.tell(PROBE, formatJson({ do: 'note', text }))
    expect(await slow).toMatchObject({ answer: 'slow' })
    expect(await heard(3)).toEqual(['one', 'two', 'three'])
  })

  test('throws when the target is missing, silent, of another node, or does not take messages', async () => {
    const unanswered = (target: string) => ({
      failed: 'timeout',
      message: `Cannot reach ${target}: no response came in time, or this process may not message it`,
    })
    const missing = `our@none:none:example.os`
    expect(await probe({ do: 'ask', target: missing })).toEqual(unanswered(`${OUR_NAME}@none:none:example.os`))
    const silent = { do: 'ask', ...peer({ do: 'silence' }), seconds: 1 }
    expect(await probe(silent)).toEqual(unanswered(`${OUR_NAME}@${PEER}`))
    const forbidden = 'our@kernel:distro:sys'
    expect(await probe({ do: 'ask', target: forbidden })).toEqual(unanswered(`${OUR_NAME}@kernel:distro:sys`))
    expect(await probe({ do: 'ask', target: `robin-home.os@${PEER}` })).toEqual({
      failed: 'offline',
      message: `Cannot reach robin-home.os@${PEER}: its node cannot be reached`,
    })
  })
})

describe('send', () => {
  test('goes on, and receive gives the response with its context', async () => {
    expect(await probe({ do: 'send', ...peer({ do: 'slow', ms: 1 }), seconds: 5, context: 'ours' })).toBe('sent')
    expect(await heard(1)).toEqual([{ response: '"slow"', context: 'ours' }])
  })

  test('gives an error with its context when no response comes', async () => {
    expect(await probe({ do: 'send', ...peer({ do: 'silence' }), seconds: 1, context: 'ours' })).toBe('sent')
    expect(await heard(1)).toEqual([{ error: 'timeout', context: 'ours' }])
    expect(await probe({ do: 'send', target: `robin-home.os@${PEER}`, seconds: 1 })).toBe('sent')
    expect(await heard(1)).toEqual([{ error: 'offline', context: null }])
  })

  test('without a deadline hears nothing back', async () => {
    expect(await probe({ do: 'send', ...peer({ do: 'slow', ms: 1 }) })).toBe('sent')
    expect(await probe({ do: 'slow', ms: 200 })).toBe('slow')
    expect(await probe({ do: 'heard' })).toEqual([])
  })

  test('that inherits lets another process answer whoever asked', async () => {
    const said = await node.ask(PROBE, formatJson({ do: 'forward', ...peer({ do: 'describe' }) }))
    expect(read(said)).toMatchObject({ source: `${OUR_NAME}@${PROBE}`, expects: null })
  })
})

test('respond answers the latest request that expected it, whatever came since', async () => {
  const [first, second] = await Promise.all([
    probe({ do: 'ask', ...peer({ do: 'slow', ms: 200 }) }),
    probe({ do: 'random' }),
  ])
  expect(first).toMatchObject({ answer: 'slow' })
  expect(Number(second)).toBeLessThan(1)
})

describe('state', () => {
  test('is what was set, over a restart of the whole node, until it is cleared', async () => {
    const value = { text: 'Grüße 🙂', big: 18_446_744_073_709_551_615n, list: [1, null, true] }
    expect(await probe({ do: 'kept' })).toBe('nothing')
    expect(await probe({ do: 'keep', value })).toEqual(value)
    expect(await probe({ do: 'kept' }, PEER)).toBe('nothing')
    await node.stop()
    node = await startPackageNode({ bundle, home: node.home })
    expect(await probe({ do: 'kept' })).toEqual(value)
    expect(await probe({ do: 'forget' })).toBe(true)
    expect(await probe({ do: 'kept' })).toBe('nothing')
  })
})

describe('timer', () => {
  test('sleeps at least as long as it is told to', async () => {
    expect(Number(await probe({ do: 'sleep', ms: 150 }))).toBeGreaterThanOrEqual(149)
  })

  test('comes back through receive', async () => {
    expect(await probe({ do: 'alarm', ms: 50 })).toBe('set')
    expect(await heard(1)).toEqual([{ response: '', context: 'alarm' }])
  })
})

describe('vfs', () => {
  test('makes, reads, changes and lists the files of a drive', async () => {
    expect(await probe({ do: 'files' })).toEqual({
      drive: '/probe:example.os/data',
      text: 'Grüße!',
      sizeBytes: 8,
      there: true,
      gone: false,
      list: ['probe:example.os/data/a/b', 'probe:example.os/data/a/renamed'],
      empty: true,
    })
  })

  test('names the path it could not use', async () => {
    expect(await probe({ do: 'read', path: '/probe:example.os/data/none' })).toEqual({
      failed: 'IOError',
      message: 'Cannot use "/probe:example.os/data/none": No such file or directory (os error 2)',
    })
  })
})

describe('spawn', () => {
  const path = '/probe:example.os/pkg/probe.wasm'

  test('starts a child that can be spoken to, and refuses a taken name and a missing file', async () => {
    expect(await probe({ do: 'spawn', name: 'child', path })).toBe('child:probe:example.os')
    expect(await probe({ do: 'ask', target: 'our@child:probe:example.os', body: { do: 'random' } })).toHaveProperty(
      'answer',
    )
    expect(await probe({ do: 'spawn', name: 'child', path })).toEqual({
      failed: 'name-taken',
      message: 'Cannot start process: the name "child" is taken',
    })
    expect(await probe({ do: 'spawn', name: 'other', path: '/probe:example.os/pkg/no.wasm' })).toEqual({
      failed: 'no-file-at-path',
      message: 'Cannot start process: there is no file "/probe:example.os/pkg/no.wasm"',
    })
  })

  test('on-exit requests are sent when the child ends', async () => {
    const child = 'mortal:probe:example.os'
    await probe({ do: 'spawn', name: 'mortal', path })
    const body = { do: 'lastWords', target: 'peer', text: 'farewell' }
    expect(await probe({ do: 'ask', target: `our@${child}`, body })).toMatchObject({ answer: 'set' })
    node.tell(child, formatJson({ do: 'fail', text: 'it had to' }))
    expect(await heard(1, PEER)).toEqual(['farewell'])
    expect(node.prints.join('\n')).toContain('it had to')
  })
})

describe('capabilities', () => {
  test('are those of the manifest', async () => {
    expect([...((await probe({ do: 'held' }, PEER)) as string[])].toSorted()).toEqual([
      `${OUR_NAME}@http-server:distro:sys "messaging"`,
      `${OUR_NAME}@peer:probe:example.os "messaging"`,
      `${OUR_NAME}@vfs:distro:sys {"kind":"read","drive":"/probe:example.os/pkg"}`,
      `${OUR_NAME}@vfs:distro:sys {"kind":"write","drive":"/probe:example.os/pkg"}`,
    ])
  })

  test('that come with a message can be saved, found by their issuer, and dropped', async () => {
    expect(await probe({ do: 'ask', ...peer({ do: 'save' }), attach: { may: 'sing' } })).toMatchObject({
      answer: 'saved',
    })
    const target = `our@${PROBE}`
    expect(await probe({ do: 'heldOf', target }, PEER)).toEqual(['{"may":"sing"}'])
    expect(await probe({ do: 'drop', target }, PEER)).toBe('dropped')
    expect(await probe({ do: 'heldOf', target }, PEER)).toEqual([])
  })
})

test('an error that nobody catches ends the process with its words, and it starts again', async () => {
  node.tell(PEER, 'not JSON')
  await vi.waitFor(() => {
    const printed = node.prints.join('\n')
    expect(printed).toContain(`${PEER} trapped: `)
    expect(printed).toMatch(/Cannot read body .*not JSON/)
  }, 30_000)
  expect(await whenBack({ do: 'kept' }, PEER)).toBe('nothing')
})

test('print shows a line of the terminal', async () => {
  await probe({ do: 'print', text: 'Grüße' })
  await vi.waitFor(() => expect(node.prints).toContain('probe:example.os: Grüße'), 30_000)
})

test.each(['random', 'keptRandom'])(
  'numbers of %s differ between processes of one component, and starts',
  async (deed) => {
    const seen = new Set([await probe({ do: deed }), await probe({ do: deed }, PEER)])
    node.tell(PROBE, formatJson({ do: 'fail', text: `${deed} again` }))
    await vi.waitFor(() => expect(node.prints.join('\n')).toContain(`${deed} again`), 30_000)
    seen.add(await whenBack({ do: deed }, PROBE))
    expect(seen.size).toBe(3)
  },
)
