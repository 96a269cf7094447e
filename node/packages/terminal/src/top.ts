import { kernel, runScript } from '@hyperware/process'
import { decodeProcessId, formatAddress, type KernelQuestion, type ProcessListing } from '@hyperware/protocol'

/** `top [process id] [-c]`: the processes of this node, with `-c` each capability they hold. */
export function init(): void {
  runScript((argument) => {
    const words = argument.split(/\s+/).filter((word) => word !== '')
    const inFull = words.includes('-c')
    const one = words.find((word) => word !== '-c')
    const question = one === undefined ? ({ kind: 'ProcessMap' } as const) : questionOf(one)
    if (typeof question === 'string') return { failed: question }
    const answer = kernel.ask({ kind: 'Debug', question })
    if (answer.kind !== 'Debug') return { failed: `the kernel answered ${answer.kind}` }
    if (answer.answer.kind === 'ProcessMap') {
      const processes = [...answer.answer.processes].toSorted(([a], [b]) => (a < b ? -1 : 1))
      const listed = processes.map(([id, listing]) => describe(id, listing, inFull))
      return `${listed.join('\n')}\n${processes.length} processes`
    }
    if (answer.answer.kind !== 'Process' || answer.answer.process === undefined) {
      return { failed: `no process ${one ?? ''} runs here` }
    }
    return describe(one ?? '', answer.answer.process, inFull)
  })
}

function questionOf(text: string): KernelQuestion | string {
  const id = decodeProcessId(text)
  return id.ok ? { kind: 'Process', id: id.value } : `usage: top [process id] [-c]: ${id.problem}`
}

function describe(id: string, listing: ProcessListing, inFull: boolean): string {
  const wasm = listing.wasmBytesHandle === '' ? '(runtime)' : listing.wasmBytesHandle
  const facts = [
    id,
    `  wasm: ${wasm}`,
    `  wit: ${listing.witVersion ?? 'none'}`,
    `  on exit: ${listing.onExit.kind}`,
    `  public: ${listing.public}`,
    `  capabilities: ${listing.capabilities.length}`,
  ]
  const held = listing.capabilities.map(({ issuer, params }) => `    ${formatAddress(issuer)} ${params}`)
  return [...facts, ...(inFull ? held.toSorted() : [])].join('\n')
}
