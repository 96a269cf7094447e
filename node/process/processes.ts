import {
  type Capability,
  HyperwareError,
  json,
  KERNEL_PROCESS,
  type KernelAnswer,
  kernelAnswerJson,
  type KernelCommand,
  kernelCommandJson,
  type OnExit,
  type ProcessId,
  quote,
} from '@hyperware/protocol'
import * as host from 'hyperware:process/standard@1.0.0'
import { ask, type AskOptions, send } from './messages.ts'
import { fromWitProcessId, payloadOf, toWitCapability, toWitOnExit, toWitProcessId } from './wit.ts'

const KERNEL = { node: 'our', process: KERNEL_PROCESS }

export type SpawnProblem = { code: 'name-taken' | 'no-file-at-path'; name: string | undefined; wasmPath: string }
export class SpawnError extends HyperwareError<SpawnProblem> {}

export type Spawn = {
  /** A random one when undefined. */
  readonly name?: string | undefined
  /** In the file system of this node; this process needs the right to read it. */
  readonly wasmPath: string
  /** `none` when undefined. */
  readonly onExit?: OnExit | undefined
  /** What the child is to hold, of what this process holds or issues. */
  readonly request?: readonly Capability[] | undefined
  /** What the child issues, and who is to hold it. */
  readonly grant?: readonly { readonly to: ProcessId; readonly params: string }[] | undefined
  /** Whether everybody may message it; false when undefined. */
  readonly public?: boolean | undefined
}

/** Starts a child of this package. Parent and child may message each other. @throws SpawnError */
export function spawn({ name, wasmPath, onExit, request, grant, public: isPublic }: Spawn): ProcessId {
  try {
    const id = host.spawn(
      name ?? null,
      wasmPath,
      toWitOnExit(onExit ?? { kind: 'none' }),
      (request ?? []).map(toWitCapability),
      (grant ?? []).map(({ to, params }) => [toWitProcessId(to), params]),
      isPublic ?? false,
    )
    return fromWitProcessId(id)
  } catch (error) {
    const code = payloadOf(error) as SpawnProblem['code']
    const what =
      code === 'name-taken' ? `the name ${quote(name ?? '')} is taken` : `there is no file ${quote(wasmPath)}`
    throw new SpawnError({ code, name, wasmPath }, `Cannot start process: ${what}`)
  }
}

/** What is to happen when this process ends. */
export function setOnExit(onExit: OnExit): void {
  host.setOnExit(toWitOnExit(onExit))
}

/** An answer of the kernel that is not one. */
export class KernelError extends HyperwareError<{ code: 'unreadable'; problem: string }> {}

/** The kernel's commands (kernel.md section 8); this process needs the right to message it. */
export const kernel = {
  /** @throws SendError, KernelError */
  ask(command: KernelCommand, options: AskOptions = {}): KernelAnswer {
    const { body } = ask(KERNEL, json.encodeWith(kernelCommandJson, command), options)
    const answer = json.decodeWith(kernelAnswerJson, 'the answer of the kernel', body)
    if (answer.ok) return answer.value
    throw new KernelError({ code: 'unreadable', problem: answer.problem }, `Cannot use the kernel: ${answer.problem}`)
  },
  /** For the commands that have no answer. */
  tell(command: KernelCommand): void {
    send(KERNEL, json.encodeWith(kernelCommandJson, command))
  },
}
