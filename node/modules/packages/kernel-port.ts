import {
  json,
  KERNEL_PROCESS,
  type KernelAnswer,
  kernelAnswerJson,
  type KernelCommand,
  kernelCommandJson,
  type PackageId,
  type ProcessId,
} from '@hyperware/protocol'
import type { Asker } from '../http-server/asker.ts'

/** How long the kernel may take for one command; a component is checked by then, and compiled. */
const COMMAND_SECONDS = 30

/** A command that the kernel did not do: about which process, and why. */
export type Refusal = { readonly about: ProcessId; readonly command: KernelCommand['kind']; readonly reason: string }

/** Gives commands to the kernel the way any package may, as messages. What it does not do is thrown as `refuse` says. */
export type KernelPort = {
  readonly tell: (about: ProcessId, value: KernelCommand) => void
  readonly ask: (
    about: ProcessId,
    value: KernelCommand,
    expected: KernelAnswer['kind'],
    bytes?: Uint8Array,
  ) => Promise<KernelAnswer>
  /** Every process of a package, also scripts and children that run now, and those that the boot left out. */
  readonly processesOf: (id: PackageId) => Promise<readonly ProcessId[]>
}

export type KernelPortDeps = {
  readonly ourName: string
  readonly asker: Pick<Asker, 'ask' | 'tell'>
  /** Ids of the processes that the boot left out: what the kernel answers does not name them, and it ends them as others. */
  readonly leftOut: () => readonly string[]
}

export function createKernelPort(
  { ourName, asker, leftOut }: KernelPortDeps,
  refuse: (refusal: Refusal) => Error,
): KernelPort {
  const target = { node: ourName, process: KERNEL_PROCESS }

  async function ask(
    about: ProcessId,
    value: KernelCommand,
    expected: KernelAnswer['kind'],
    bytes?: Uint8Array,
  ): Promise<KernelAnswer> {
    const refused = (reason: string): Error => refuse({ about, command: value.kind, reason })
    const body = json.encodeWith(kernelCommandJson, value)
    const blob = bytes && { mime: undefined, bytes }
    const outcome = await asker.ask({ target, body, seconds: COMMAND_SECONDS, blob })
    if (outcome.kind === 'busy') throw refused('too much waits for it')
    if (outcome.kind === 'send-error') throw refused(outcome.error.reason)
    const answer = json.decodeWith(kernelAnswerJson, 'the answer of the kernel', outcome.message.message.body)
    if (!answer.ok) throw refused(answer.problem)
    if (answer.value.kind !== expected) throw refused(`it answered ${answer.value.kind}`)
    return answer.value
  }

  return {
    ask,
    tell(about, value) {
      if (asker.tell({ target, body: json.encodeWith(kernelCommandJson, value) })) return
      throw refuse({ about, command: value.kind, reason: 'too much waits for it' })
    },
    async processesOf({ package: name, publisher }) {
      const all = { process: '*', package: name, publisher }
      const answer = await ask(all, { kind: 'Debug', question: { kind: 'ProcessMap' } }, 'Debug')
      if (answer.kind !== 'Debug' || answer.answer.kind !== 'ProcessMap') return []
      const suffix = `:${name}:${publisher}`
      return [...new Set([...answer.answer.processes.keys(), ...leftOut()])]
        .filter((key) => key.endsWith(suffix))
        .map((key) => ({ process: key.slice(0, -suffix.length), package: name, publisher }))
    },
  }
}
