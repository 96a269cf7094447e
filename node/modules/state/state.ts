import {
  formatProcessId,
  type Decoded,
  json,
  jsonParts,
  type KernelMessage,
  type ProcessAddress,
  type ProcessId,
  replyTarget,
  unreachable,
} from '@hyperware/protocol'
import { copyInTurns } from '../../kernel/copy-in-turns.ts'
import { STATE_MAX_BYTES } from '../../kernel/limits.ts'
import type { Log } from '../../kernel/log.ts'
import type { ModuleInbox } from '../../kernel/loop.ts'
import { runtimeModule } from '../../kernel/process.ts'
import type { StateStore } from './store.ts'

export const STATE_PROCESS: ProcessId = runtimeModule('state')

/** What the state module is asked for (modules.md section 2). */
type StateRequest =
  | { kind: 'GetState'; id: ProcessId }
  | { kind: 'SetState'; id: ProcessId }
  | { kind: 'DeleteState'; id: ProcessId }
  | { kind: 'Backup' }

type StateFailure =
  | { kind: 'NotFound'; id: ProcessId }
  | { kind: 'BadBytes'; action: string }
  | { kind: 'BadJson'; error: string }
  | { kind: 'RocksDBError'; action: string; error: string }
  | { kind: 'IOError'; error: string }

type StateAnswer = { kind: StateRequest['kind'] } | { kind: 'Err'; failure: StateFailure }

const request: json.JsonCodec<StateRequest> = json.enumeration<StateRequest>([
  onProcess('GetState'),
  onProcess('SetState'),
  onProcess('DeleteState'),
  json.unit<StateRequest>({ kind: 'Backup' }),
])

function onProcess(kind: 'GetState' | 'SetState' | 'DeleteState') {
  return json.variant<StateRequest, typeof kind, ProcessId>(
    kind,
    jsonParts.processId,
    ({ id }) => id,
    (id) => ({ kind, id }),
  )
}

/** The names are those of the reference, which keeps its state in RocksDB. */
const failure: json.JsonCodec<StateFailure> = json.enumeration<StateFailure>([
  json.structVariant<StateFailure, 'NotFound'>('NotFound', { id: ['process_id', jsonParts.processId] }),
  json.structVariant<StateFailure, 'BadBytes'>('BadBytes', { action: ['action', json.text] }),
  json.structVariant<StateFailure, 'BadJson'>('BadJson', { error: ['error', json.text] }),
  json.structVariant<StateFailure, 'RocksDBError'>('RocksDBError', {
    action: ['action', json.text],
    error: ['error', json.text],
  }),
  json.structVariant<StateFailure, 'IOError'>('IOError', { error: ['error', json.text] }),
])

const answer: json.JsonCodec<StateAnswer> = json.enumeration<StateAnswer>([
  json.unit<StateAnswer>({ kind: 'GetState' }),
  json.unit<StateAnswer>({ kind: 'SetState' }),
  json.unit<StateAnswer>({ kind: 'DeleteState' }),
  json.unit<StateAnswer>({ kind: 'Backup' }),
  json.variant<StateAnswer, 'Err', StateFailure>(
    'Err',
    failure,
    (value) => value.failure,
    (value) => ({ kind: 'Err', failure: value }),
  ),
])

/**
 * `state:distro:sys`: the state of processes, for other parts of the system; a process reaches its own through the
 * kernel. Only local processes of the packages `distro:sys` and `terminal:sys` are heard (kernel.md section 10).
 */
export function createStateModule(deps: {
  ourName: string
  store: StateStore
  send: (message: KernelMessage) => boolean
  log: Log
}): ModuleInbox {
  async function inbox(asked: KernelMessage): Promise<void> {
    if (asked.message.kind === 'response') return
    if (!mayAsk(deps.ourName, asked.source)) {
      return deps.log.warn('state-request-ignored', { source: formatProcessId(asked.source.process) })
    }
    const read = json.decodeRequest(request, 'the request', asked.message.body)
    const done = await carryOut(deps.store, read, asked)
    const isError = done.answer.kind === 'Err'
    // Errors are answered whether somebody waits or not, as the reference does.
    if (!isError && asked.rsvp === undefined && asked.message.expectsResponse === undefined) return
    const sent = deps.send({
      id: asked.id,
      source: { node: deps.ourName, process: STATE_PROCESS },
      target: replyTarget(asked),
      rsvp: undefined,
      message: {
        kind: 'response',
        inherit: false,
        body: json.encodeWith(answer, done.answer),
        metadata: isError ? undefined : asked.message.metadata,
        capabilities: [],
        context: undefined,
      },
      blob: done.bytes === undefined ? undefined : { mime: 'application/octet-stream', bytes: done.bytes },
    })
    if (!sent) deps.log.warn('state-answer-refused', { target: formatProcessId(asked.source.process) })
  }

  return {
    id: STATE_PROCESS,
    public: false,
    // It makes no requests, so no send-error can be for it.
    inbox: (delivery) => (delivery.kind === 'message' ? inbox(delivery.message) : undefined),
  }
}

function mayAsk(ourName: string, { node, process }: ProcessAddress): boolean {
  return node === ourName && process.publisher === 'sys' && ['distro', 'terminal'].includes(process.package)
}

type Done = { readonly answer: StateAnswer; readonly bytes?: Uint8Array }

async function carryOut(store: StateStore, read: Decoded<StateRequest>, { blob }: KernelMessage): Promise<Done> {
  if (!read.ok) return failed({ kind: 'BadJson', error: read.problem })
  const { value } = read
  try {
    switch (value.kind) {
      case 'GetState': {
        const bytes = await store.readState(formatProcessId(value.id))
        return bytes === undefined
          ? failed({ kind: 'NotFound', id: value.id })
          : { answer: { kind: 'GetState' }, bytes }
      }
      case 'SetState': {
        if (blob === undefined) return failed({ kind: 'BadBytes', action: 'SetState' })
        if (blob.bytes.length > STATE_MAX_BYTES) {
          const error = `the state has ${blob.bytes.length} bytes, expected at most ${STATE_MAX_BYTES}`
          return failed({ kind: 'RocksDBError', action: 'SetState', error })
        }
        const bytes = new Uint8Array(blob.bytes.length) // the blob stays with who sent it
        await copyInTurns({ from: blob.bytes, to: bytes })
        await store.commit([{ kind: 'set-state', id: formatProcessId(value.id), bytes }])
        return { answer: { kind: 'SetState' } }
      }
      case 'DeleteState':
        await store.commit([{ kind: 'delete-state', id: formatProcessId(value.id) }])
        return { answer: { kind: 'DeleteState' } }
      case 'Backup':
        await store.backup()
        return { answer: { kind: 'Backup' } }
      default:
        return unreachable(value)
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    if (value.kind === 'Backup') return failed({ kind: 'IOError', error: text })
    return failed({ kind: 'RocksDBError', action: value.kind, error: text })
  }
}

function failed(problem: StateFailure): Done {
  return { answer: { kind: 'Err', failure: problem } }
}
