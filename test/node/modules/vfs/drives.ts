import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  canonicalJson,
  type Capability,
  formatAddress,
  formatProcessId,
  json,
  type JsonValue,
  decodeJson,
  type KernelMessage,
  parseAddress,
  type ProcessId,
  vfsRequestJson,
  type VfsAction,
  VFS_PROCESS,
  bytesToUtf8,
  utf8ToBytes,
} from '@hyperware/protocol'
import { expect } from 'vitest'
import { createVfs, type VfsDeps } from '../../../../node/modules/vfs/vfs.ts'

export type Asked = {
  readonly body: JsonValue | undefined
  readonly bytes: Uint8Array | undefined
  readonly message: KernelMessage | undefined
}

export const OWNER = 'main:app:pub.os'

/** A vfs of its own, on a fresh home unless one is given, and a way to ask it things as some process. */
export async function openDrives({
  send: deliver,
  grant: keep,
  home: given,
  readsMaxBytes,
}: Partial<Pick<VfsDeps, 'send' | 'grant' | 'home' | 'readsMaxBytes'>> = {}) {
  const home = given ?? (await mkdtemp(join(tmpdir(), 'vfs-')))
  const held = new Set<string>()
  const sent: KernelMessage[] = []
  const key = (process: ProcessId, { issuer, params }: Capability) =>
    `${formatProcessId(process)} ${formatAddress(issuer)} ${canonicalJson(params)}`
  const vfs = await createVfs({
    ourName: 'our.os',
    home,
    readsMaxBytes,
    has: (process, capability) => held.has(key(process, capability)),
    grant: (process, capabilities) => {
      for (const capability of capabilities) held.add(key(process, capability))
      return keep?.(process, capabilities) ?? Promise.resolve()
    },
    send(message) {
      deliver?.(message)
      sent.push(message)
    },
  })

  async function send(
    message: Partial<KernelMessage> & { body: Uint8Array; expects?: bigint | undefined; metadata?: string },
  ) {
    const source = message.source ?? parseAddress(`our.os@${OWNER}`)
    await vfs.handle({
      id: message.id ?? 7n,
      source,
      target: { node: 'our.os', process: VFS_PROCESS },
      rsvp: message.rsvp,
      message: {
        kind: 'request',
        inherit: false,
        expectsResponse: 'expects' in message ? message.expects : 5n,
        body: message.body,
        metadata: message.metadata,
        capabilities: [],
      },
      blob: message.blob,
    })
    const answer = sent.shift()
    const text = answer === undefined ? undefined : bytesToUtf8(answer.message.body)
    const body = text?.ok === true ? decodeJson(text.value) : undefined
    return {
      body: body?.ok === true ? body.value : undefined,
      bytes: answer?.blob?.bytes,
      message: answer,
    } satisfies Asked
  }

  return {
    home,
    send,
    give: (process: string, params: string) =>
      held.add(
        key(parseAddress(`our.os@${process}`).process, { issuer: { node: 'our.os', process: VFS_PROCESS }, params }),
      ),
    async ask(path: string, action: VfsAction, { as = OWNER, bytes }: { as?: string; bytes?: Uint8Array } = {}) {
      return send({
        source: parseAddress(`our.os@${as}`),
        body: json.encodeWith(vfsRequestJson, { path, action }),
        blob: bytes === undefined ? undefined : { mime: undefined, bytes },
      })
    },
  }
}

export const FILE = '/app:pub.os/data/notes.txt'
export const hello = utf8ToBytes('hello, world')

/** With an empty drive. */
export async function openDrive() {
  const drives = await openDrives()
  expect((await drives.ask('/app:pub.os/data', { kind: 'CreateDrive' })).body).toBe('Ok')
  return drives
}

/** With a drive that has `FILE` in it, which says `hello`. */
export async function openFile() {
  const drives = await openDrive()
  expect((await drives.ask(FILE, { kind: 'Write' }, { bytes: hello })).body).toBe('Ok')
  return drives
}
