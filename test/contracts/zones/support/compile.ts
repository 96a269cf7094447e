import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Abi, Hex } from 'viem'

/** What a chain needs to have a contract, and a client to call it. */
export type Code = { abi: Abi; bytecode: Hex }

type Solc = {
  compile: (input: string, callbacks: { import: (path: string) => { contents: string } }) => string
}
type Output = {
  contracts?: Record<string, Record<string, { abi: Abi; evm: { bytecode: { object: string } } }>>
}

const require = createRequire(import.meta.url)

/** Compiles a contract beside this file with the project's compiler: files of tests have no artifacts. */
export function compileBeside(file: string, contract: string): Code {
  const solc: Solc = require('solc')
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: readFileSync(new URL(file, import.meta.url), 'utf8') } },
    settings: {
      evmVersion: 'prague',
      outputSelection: { [file]: { [contract]: ['abi', 'evm.bytecode.object'] } },
    },
  }
  const resolve = (path: string) => ({ contents: readFileSync(require.resolve(path), 'utf8') })
  const output: Output = JSON.parse(solc.compile(JSON.stringify(input), { import: resolve }))
  const built = output.contracts?.[file]?.[contract]
  if (built === undefined) throw new Error(`cannot compile ${contract} of ${file}: ${JSON.stringify(output)}`)
  return { abi: built.abi, bytecode: `0x${built.evm.bytecode.object}` }
}

/** A contract of LayerZero's as its package has it compiled. */
export function published(pack: 'lz-evm-protocol-v2' | 'lz-evm-messagelib-v2', path: string): Code {
  const file = require.resolve(`@layerzerolabs/${pack}/artifacts/contracts/${path}.json`)
  return JSON.parse(readFileSync(file, 'utf8')) as Code
}
