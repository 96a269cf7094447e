import { type Blob, type KernelMessage, parseAddress, utf8ToBytes } from '@hyperware/protocol'
import { expect, test } from 'vitest'
import { STATE_MAX_BYTES } from '../../../../node/kernel/limits.ts'
import { createMemoryStore } from '../../../../node/kernel/store.ts'
import { createStateModule } from '../../../../node/modules/state/state.ts'
import type { StateStore } from '../../../../node/modules/state/store.ts'
import { collectLog } from '../../log-lines.ts'

const ID = 'chat:chat:template.os'

function createModule(overrides: Partial<StateStore> = {}) {
  const sent: KernelMessage[] = []
  const store: StateStore = {
    ...createMemoryStore(),
    backup: () => Promise.resolve(),
    backupIfDue: () => Promise.resolve(false),
    close: () => Promise.resolve(),
    ...overrides,
  }
  const { log, lines } = collectLog()
  const module = createStateModule({
    ourName: 'alice.os',
    store,
    send: (message) => {
      sent.push(message)
      return true
    },
    log,
  })
  async function ask(
    body: unknown,
    {
      source = 'alice.os@main:distro:sys',
      blob,
      expects = true,
    }: { source?: string; blob?: Blob; expects?: boolean } = {},
  ) {
    const message: KernelMessage = {
      id: 2n ** 64n - 1n,
      source: parseAddress(source),
      target: parseAddress('alice.os@state:distro:sys'),
      rsvp: undefined,
      message: {
        kind: 'request',
        inherit: false,
        expectsResponse: expects ? 5n : undefined,
        body: utf8ToBytes(typeof body === 'string' ? body : JSON.stringify(body)),
        metadata: 'mine',
        capabilities: [],
      },
      blob,
    }
    sent.length = 0
    await module.inbox({ kind: 'message', message })
    const [answer] = sent
    if (answer === undefined) return undefined
    expect(answer.id).toBe(2n ** 64n - 1n)
    return {
      body: JSON.parse(new TextDecoder().decode(answer.message.body)) as unknown,
      metadata: answer.message.metadata,
      blob: answer.blob,
    }
  }
  return { ask, lines, store }
}

const blob: Blob = { mime: undefined, bytes: Uint8Array.of(1, 2, 3) }

test('state is set, got with its bytes, and deleted; answers carry the metadata of the request', async () => {
  const { ask } = createModule()
  expect(await ask({ SetState: ID }, { blob })).toEqual({ body: 'SetState', metadata: 'mine', blob: undefined })
  expect(await ask({ GetState: ID })).toEqual({
    body: 'GetState',
    metadata: 'mine',
    blob: { mime: 'application/octet-stream', bytes: blob.bytes },
  })
  expect(await ask({ DeleteState: ID })).toMatchObject({ body: 'DeleteState' })
  expect(await ask({ GetState: ID })).toEqual({
    body: { Err: { NotFound: { process_id: ID } } },
    metadata: undefined,
    blob: undefined,
  })
  expect(await ask(JSON.stringify('Backup'))).toMatchObject({ body: 'Backup' })
})

test.each([
  ['a process of the package terminal:sys', 'alice.os@terminal:terminal:sys', true],
  ['a process of a user', 'alice.os@main:chat:sys', false],
  ['a process of a package distro of somebody else', 'alice.os@main:distro:mallory.os', false],
  ['another node', 'bob.os@main:distro:sys', false],
])('%s is heard or ignored', async (_, source, heard) => {
  const { ask, lines } = createModule()
  const answer = await ask({ SetState: ID }, { source, blob })
  expect(answer !== undefined).toBe(heard)
  expect(lines.some(({ event }) => event === 'state-request-ignored')).toBe(!heard)
})

test.each([
  ['no JSON', '{', undefined, { BadJson: { error: expect.stringContaining('JSON') } }],
  ['another request', { Erase: ID }, undefined, { BadJson: { error: expect.stringContaining('Erase') } }],
  ['a bad id', { GetState: 'chat' }, undefined, { BadJson: { error: expect.stringContaining('chat') } }],
  ['no bytes', { SetState: ID }, undefined, { BadBytes: { action: 'SetState' } }],
])('with %s the answer is an error, even when none is expected', async (_, body, given, expected) => {
  const { ask } = createModule()
  const options = { expects: false, ...(given === undefined ? {} : { blob: given }) }
  expect(await ask(body, options)).toMatchObject({ body: { Err: expected } })
})

test('a state without end is refused', async () => {
  const { ask, store } = createModule()
  const bytes = new Uint8Array(STATE_MAX_BYTES + 1)
  const error = `the state has ${bytes.length} bytes, expected at most ${STATE_MAX_BYTES}`
  expect(await ask({ SetState: ID }, { blob: { mime: undefined, bytes } })).toMatchObject({
    body: { Err: { RocksDBError: { action: 'SetState', error } } },
  })
  expect(await store.readState(ID)).toBeUndefined()
})

test('success is not answered when nobody waits', async () => {
  const { ask, store } = createModule()
  expect(await ask({ SetState: ID }, { blob, expects: false })).toBeUndefined()
  expect(await store.readState(ID)).toEqual(blob.bytes)
})

test('a disk that fails is an error with its reason', async () => {
  const fail = () => Promise.reject(new Error('disk full'))
  const { ask } = createModule({ commit: fail, backup: fail })
  const action = 'SetState'
  expect(await ask({ SetState: ID }, { blob })).toMatchObject({
    body: { Err: { RocksDBError: { action, error: 'disk full' } } },
  })
  expect(await ask(JSON.stringify('Backup'))).toMatchObject({ body: { Err: { IOError: { error: 'disk full' } } } })
})
