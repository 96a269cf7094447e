import { HyperwareError, countOf, quote } from '@hyperware/protocol'

export type ComponentProblem =
  | { code: 'too-large'; sizeBytes: number; maximumBytes: number }
  | { code: 'not-wasm'; sizeBytes: number }
  | { code: 'core-module' }
  | { code: 'truncated'; offset: number; what: string }
  | { code: 'malformed'; offset: number; found: string; expected: string }
  | { code: 'unsupported'; offset: number; what: string }
  | { code: 'too-many'; what: string; count: number; maximum: number }
  | { code: 'unknown-import'; interface: string; function: string | undefined }
  | { code: 'import-type'; interface: string; function: string; found: string; expected: string }
  | { code: 'missing-argument'; name: string; sort: string }
  | { code: 'missing-export'; name: string; sort: string }
  | { code: 'wrong-export'; found: string; expected: string }
  | { code: 'shared-memory' }
  | { code: 'memory-64' }
  | { code: 'memory-minimum'; minimumBytes: number; maximumBytes: number }
  | { code: 'invalid-module'; module: number; reason: string }
  | { code: 'not-linked'; reason: string }

/** Thrown when bytes are not a component that this node can run. */
export class ComponentError extends HyperwareError<ComponentProblem> {
  constructor(problem: ComponentProblem, cause?: unknown) {
    super(problem, `Cannot load component: ${describe(problem)}`, { hint: hintFor(problem), cause })
  }
}

function describe(problem: ComponentProblem): string {
  switch (problem.code) {
    case 'too-large':
      return `it is ${countOf(problem.sizeBytes, 'byte')}, expected at most ${problem.maximumBytes}`
    case 'not-wasm':
      return `its ${countOf(problem.sizeBytes, 'byte')} do not begin with 00 61 73 6d 0d 00 01 00`
    case 'core-module':
      return 'it is a core WebAssembly module, expected a component'
    case 'truncated':
      return `it ends at byte ${problem.offset}, inside ${problem.what}`
    case 'malformed':
      return `byte ${problem.offset} has ${problem.found}, expected ${problem.expected}`
    case 'unsupported':
      return `byte ${problem.offset} asks for ${problem.what}, which this node does not offer`
    case 'too-many':
      return `it has ${problem.count} ${problem.what}, expected at most ${problem.maximum}`
    case 'unknown-import':
      return problem.function === undefined
        ? `it imports ${quote(problem.interface)}, which this node does not offer`
        : `it imports ${quote(problem.function)} of ${quote(problem.interface)}, which this node does not offer`
    case 'import-type':
      return `it imports ${quote(problem.function)} of ${quote(problem.interface)} as ${problem.found}, expected ${problem.expected}`
    case 'missing-argument':
      return `a part of it needs the ${problem.sort} ${quote(problem.name)}, which it is not given`
    case 'missing-export':
      return `it uses the ${problem.sort} ${quote(problem.name)} of a part that has none of that name`
    case 'wrong-export':
      return `it exports ${problem.found}, expected ${problem.expected}`
    case 'shared-memory':
      return 'it has a shared memory, expected memories of its own'
    case 'memory-64':
      return 'it has a memory with 64-bit addresses, expected 32-bit ones'
    case 'memory-minimum':
      return `its memory begins with ${problem.minimumBytes} bytes, expected at most ${problem.maximumBytes}`
    case 'invalid-module':
      return `its core module ${problem.module} is not valid: ${problem.reason}`
    case 'not-linked':
      return `its parts do not fit together: ${problem.reason}`
  }
}

function hintFor(problem: ComponentProblem): string | undefined {
  switch (problem.code) {
    case 'core-module':
      return 'wrap it: kit build does, and so does wasm-tools component new'
    case 'unknown-import':
      return 'a process may import hyperware:process/standard@1.0.0 and the command line set of WASI 0.2'
    case 'wrong-export':
      return 'build it against the world process-v1 of hyperware:process@1.0.0'
    default:
      return undefined
  }
}
