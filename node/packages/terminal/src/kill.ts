import { kernel, runScript } from '@hyperware/process'
import { decodeProcessId, formatProcessId } from '@hyperware/protocol'

const TERMINAL = 'terminal:terminal:sys'

/** `kill <process id>`: ends a process of this node; one that restarts does not. */
export function init(): void {
  runScript((argument) => {
    const id = decodeProcessId(argument.trim())
    if (!id.ok) return { failed: `usage: kill <process id>: ${id.problem}` }
    const known = kernel.ask({ kind: 'Debug', question: { kind: 'Process', id: id.value } })
    const process = known.kind === 'Debug' && known.answer.kind === 'Process' ? known.answer.process : undefined
    if (process === undefined) return { failed: `no process ${formatProcessId(id.value)} runs here` }
    // The kernel never answers for a module, since nothing ends one.
    if (process.wasmBytesHandle === '') {
      return { failed: `${formatProcessId(id.value)} is part of this node and cannot be killed` }
    }
    if (formatProcessId(id.value) === TERMINAL) {
      return { failed: `${TERMINAL} runs this line, and would be gone until the node starts again` }
    }
    const answer = kernel.ask({ kind: 'KillProcess', id: id.value })
    if (answer.kind !== 'KilledProcess') return { failed: `the kernel answered ${answer.kind}` }
    return `killed process ${formatProcessId(answer.id)}`
  })
}
