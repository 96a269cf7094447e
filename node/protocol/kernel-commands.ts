import {
  addedOption,
  bool,
  enumeration,
  type JsonCodec,
  option,
  record,
  struct,
  structVariant,
  text,
  u32,
  unit,
  variant,
} from './json-codecs.ts'
import { capabilities, capability, processId } from './json-parts.ts'
import { memoryMaxBytesJson } from './memory.ts'
import type { Capability } from './messages.ts'
import { type OnExit, onExitJson } from './on-exit.ts'
import type { ProcessId } from './processes.ts'

/** The process that runs the others. */
export const KERNEL_PROCESS: ProcessId = { process: 'kernel', package: 'distro', publisher: 'sys' }

/** What the kernel is asked for, in JSON bodies (kernel.md section 8). */
export type KernelCommand =
  | { readonly kind: 'Booted' }
  | { readonly kind: 'Shutdown' }
  /** The Wasm bytes come as the blob. */
  | {
      readonly kind: 'InitializeProcess'
      readonly id: ProcessId
      readonly wasmBytesHandle: string
      readonly witVersion: number | undefined
      readonly onExit: OnExit
      readonly initialCapabilities: readonly Capability[]
      readonly public: boolean
      /** As in `ManifestEntry`. */
      readonly memoryMaxBytes?: number | undefined
    }
  | { readonly kind: 'GrantCapabilities'; readonly target: ProcessId; readonly capabilities: readonly Capability[] }
  | { readonly kind: 'DropCapabilities'; readonly target: ProcessId; readonly capabilities: readonly Capability[] }
  | { readonly kind: 'SetOnExit'; readonly target: ProcessId; readonly onExit: OnExit }
  | { readonly kind: 'RunProcess'; readonly id: ProcessId }
  | { readonly kind: 'KillProcess'; readonly id: ProcessId }
  | { readonly kind: 'Debug'; readonly question: KernelQuestion }

export type KernelQuestion =
  | { readonly kind: 'ProcessMap' }
  | { readonly kind: 'Process'; readonly id: ProcessId }
  | { readonly kind: 'HasCap'; readonly on: ProcessId; readonly capability: Capability }

export type KernelAnswer =
  | { readonly kind: 'InitializedProcess' }
  | { readonly kind: 'InitializeProcessError' }
  | { readonly kind: 'StartedProcess' }
  | { readonly kind: 'RunProcessError' }
  | { readonly kind: 'KilledProcess'; readonly id: ProcessId }
  | { readonly kind: 'Debug'; readonly answer: KernelDebugAnswer }

export type KernelDebugAnswer =
  | { readonly kind: 'ProcessMap'; readonly processes: ReadonlyMap<string, ProcessListing> }
  | { readonly kind: 'Process'; readonly process: ProcessListing | undefined }
  /** Undefined for a process that is not there. */
  | { readonly kind: 'HasCap'; readonly held: boolean | undefined }

/** A process as the kernel shows it. Runtime modules have the empty handle. */
export type ProcessListing = {
  readonly wasmBytesHandle: string
  readonly witVersion: number | undefined
  readonly onExit: OnExit
  readonly capabilities: readonly Capability[]
  readonly public: boolean
}

/** Request metadata of a `KillProcess` that leaves the capabilities which the process issued. */
export const NO_REVOKE = 'no-revoke'

const question: JsonCodec<KernelQuestion> = enumeration<KernelQuestion>([
  unit<KernelQuestion>({ kind: 'ProcessMap' }),
  variant<KernelQuestion, 'Process', ProcessId>(
    'Process',
    processId,
    ({ id }) => id,
    (id) => ({ kind: 'Process', id }),
  ),
  structVariant<KernelQuestion, 'HasCap'>('HasCap', { on: ['on', processId], capability: ['cap', capability] }),
])

export const kernelCommandJson: JsonCodec<KernelCommand> = enumeration<KernelCommand>([
  structVariant<KernelCommand, 'InitializeProcess'>('InitializeProcess', {
    id: ['id', processId],
    wasmBytesHandle: ['wasm_bytes_handle', text],
    witVersion: ['wit_version', option(u32)],
    onExit: ['on_exit', onExitJson],
    initialCapabilities: ['initial_capabilities', capabilities],
    public: ['public', bool],
    memoryMaxBytes: ['memory_max_bytes', addedOption(memoryMaxBytesJson)],
  }),
  structVariant<KernelCommand, 'GrantCapabilities'>('GrantCapabilities', {
    target: ['target', processId],
    capabilities: ['capabilities', capabilities],
  }),
  structVariant<KernelCommand, 'DropCapabilities'>('DropCapabilities', {
    target: ['target', processId],
    capabilities: ['capabilities', capabilities],
  }),
  structVariant<KernelCommand, 'SetOnExit'>('SetOnExit', {
    target: ['target', processId],
    onExit: ['on_exit', onExitJson],
  }),
  variant<KernelCommand, 'RunProcess', ProcessId>(
    'RunProcess',
    processId,
    ({ id }) => id,
    (id) => ({ kind: 'RunProcess', id }),
  ),
  variant<KernelCommand, 'KillProcess', ProcessId>(
    'KillProcess',
    processId,
    ({ id }) => id,
    (id) => ({ kind: 'KillProcess', id }),
  ),
  variant<KernelCommand, 'Debug', KernelQuestion>(
    'Debug',
    question,
    (value) => value.question,
    (asked) => ({ kind: 'Debug', question: asked }),
  ),
  unit<KernelCommand>({ kind: 'Booted' }),
  unit<KernelCommand>({ kind: 'Shutdown' }),
])

const listing: JsonCodec<ProcessListing> = struct<ProcessListing>({
  wasmBytesHandle: ['wasm_bytes_handle', text],
  witVersion: ['wit_version', option(u32)],
  onExit: ['on_exit', onExitJson],
  capabilities: ['capabilities', capabilities],
  public: ['public', bool],
})

const debugAnswer: JsonCodec<KernelDebugAnswer> = enumeration<KernelDebugAnswer>([
  variant<KernelDebugAnswer, 'ProcessMap', ReadonlyMap<string, ProcessListing>>(
    'ProcessMap',
    record(listing),
    ({ processes }) => processes,
    (processes) => ({ kind: 'ProcessMap', processes }),
  ),
  variant<KernelDebugAnswer, 'Process', ProcessListing | undefined>(
    'Process',
    option(listing),
    ({ process }) => process,
    (process) => ({ kind: 'Process', process }),
  ),
  variant<KernelDebugAnswer, 'HasCap', boolean | undefined>(
    'HasCap',
    option(bool),
    ({ held }) => held,
    (held) => ({ kind: 'HasCap', held }),
  ),
])

export const kernelAnswerJson: JsonCodec<KernelAnswer> = enumeration<KernelAnswer>([
  unit<KernelAnswer>({ kind: 'InitializedProcess' }),
  unit<KernelAnswer>({ kind: 'InitializeProcessError' }),
  unit<KernelAnswer>({ kind: 'StartedProcess' }),
  unit<KernelAnswer>({ kind: 'RunProcessError' }),
  variant<KernelAnswer, 'KilledProcess', ProcessId>(
    'KilledProcess',
    processId,
    ({ id }) => id,
    (id) => ({ kind: 'KilledProcess', id }),
  ),
  variant<KernelAnswer, 'Debug', KernelDebugAnswer>(
    'Debug',
    debugAnswer,
    ({ answer }) => answer,
    (answer) => ({ kind: 'Debug', answer }),
  ),
])
