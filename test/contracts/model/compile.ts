import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Abi, Hex } from 'viem'

/** A change to a source file; `from` must be there exactly once. */
export type Edit = { path: string; from: string; to: string }

export type Compiled = { abi: Abi; code: Hex }

type Output = {
  contracts?: Record<string, Record<string, { abi: Abi; evm: { bytecode: { object: string } } }>>
  errors?: readonly { severity: string; formattedMessage: string }[]
}

const solc = createRequire(import.meta.url)('solc') as {
  compile: (input: string, callbacks: { import: (path: string) => { contents: string } | { error: string } }) => string
}

const root = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Compiles files of the repository with the compiler and settings of `hardhat.config.ts`, after `edits`; gives back all
 * contracts in them by name. Throws when they do not compile.
 */
export function compile(files: readonly string[], edits: readonly Edit[] = []): (name: string) => Compiled {
  for (const { path } of edits) readEdited(path, edits)
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(files.map((file) => [file, { content: readEdited(file, edits) }])),
    settings: {
      evmVersion: 'prague',
      optimizer: { enabled: true, runs: 10_000 },
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      outputSelection: Object.fromEntries(files.map((file) => [file, { '*': ['abi', 'evm.bytecode.object'] }])),
    },
  }
  const load = (path: string) => {
    try {
      return { contents: readEdited(path, edits) }
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: load })) as Output
  const failed = output.errors?.filter(({ severity }) => severity === 'error') ?? []
  if (failed.length > 0) {
    throw new Error(`cannot compile ${files.join(', ')}: ${failed.map((error) => error.formattedMessage).join('\n')}`)
  }
  const built = new Map(Object.values(output.contracts ?? {}).flatMap((contracts) => Object.entries(contracts)))
  return (name) => {
    const found = built.get(name)
    if (found === undefined) throw new Error(`no contract ${name} in ${files.join(', ')}, expected one`)
    return { abi: found.abi, code: `0x${found.evm.bytecode.object}` }
  }
}

function readEdited(path: string, edits: readonly Edit[]): string {
  let source = readFileSync(`${root}${path.startsWith('@') ? 'node_modules/' : ''}${path}`, 'utf8')
  for (const { from, to } of edits.filter((edit) => edit.path === path)) {
    const parts = source.split(from)
    if (parts.length !== 2) {
      throw new Error(`cannot change ${path}: expected "${from}" once, found it ${parts.length - 1} times`)
    }
    source = parts.join(to)
  }
  return source
}
