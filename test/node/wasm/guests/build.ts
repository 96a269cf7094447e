// Builds the guests that are committed as components, with Debian's tools: `node test/node/wasm/guests/build.ts`.
// With --check it builds them anew and fails unless each is, byte for byte, the committed one.
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const HERE = import.meta.dirname
export const WIT = join(HERE, '../../../../node/wasm/wit/hyperware.wit')

/** A component around a core module that imports and exports what the world process-v1 says. */
export async function wrapModule(module: Uint8Array): Promise<Uint8Array> {
  const witSource = readFileSync(WIT, 'utf8')
  return componentNew(await componentEmbed({ binary: module, witSource, world: 'process-v1' }))
}

const CLANG = ['--target=wasm32', '-mbulk-memory', '-nostdlib', '-O2', '-Wall', '-Werror']
const LINKER = ['--no-entry', '--strip-all', '-z,stack-size=16384'].map((option) => `-Wl,${option}`)

async function buildC(folder: string): Promise<Uint8Array> {
  const module = join(folder, 'guest.wasm')
  // Only Debian's tools: clang hands its result to any wasm-opt that it finds.
  const env = { PATH: '/usr/bin:/bin' }
  execFileSync('clang', [...CLANG, ...LINKER, '-o', module, join(HERE, 'c/guest.c')], { stdio: 'inherit', env })
  return wrapModule(readFileSync(module))
}

async function main(check: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'guests-'))
  try {
    const built = await buildC(folder)
    const path = join(HERE, 'c/guest.wasm')
    if (!check) writeFileSync(path, built)
    else if (!readFileSync(path).equals(built)) throw new Error(`${path} is not what its source gives; build it anew`)
    console.log(`${path}: ${built.length} bytes${check ? ', as committed' : ''}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (import.meta.main) await main(process.argv.includes('--check'))
