// Builds the guests that are committed as components, with Debian's tools: `npx node test/node/wasm/guests/build.ts`, or one
// of them: `… c`, `… rust`. With --check it builds them anew and fails unless each is, byte for byte, the committed one.
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const HERE = import.meta.dirname
export const WIT = join(HERE, '../../../../node/wasm/wit/hyperware.wit')

/** A component around a core module that imports and exports what the world process-v1 says. */
export async function wrapModule(module: Uint8Array): Promise<Uint8Array> {
  const witSource = readFileSync(WIT, 'utf8')
  return componentNew(await componentEmbed({ binary: module, witSource, world: 'process-v1' }))
}

const CLANG = ['--target=wasm32', '-mbulk-memory', '-nostdlib', '-Wall', '-Werror']
const LINKER = ['--no-entry', '--strip-all', '-z,stack-size=16384'].map((option) => `-Wl,${option}`)

async function buildC(source: string, optimize: '-O2' | '-Oz', folder: string): Promise<Uint8Array> {
  const module = join(folder, 'module.wasm')
  // Only Debian's tools: clang hands its result to any wasm-opt that it finds.
  const env = { PATH: '/usr/bin:/bin' }
  execFileSync('clang', [...CLANG, optimize, ...LINKER, '-o', module, join(HERE, source)], { stdio: 'inherit', env })
  return wrapModule(readFileSync(module))
}

const TARGET = 'wasm32-wasip1'
const ADAPTER_CRATE = 'wasi-preview1-component-adapter-provider'

/**
 * Rust by Debian's compiler (rustc-web, cargo-web, rust-web-src, lld-22, wasi-libc), std included, with the crates that
 * Cargo.lock names: a module for WASI preview 1, as the live network's packages are, and the adapter to WASI 0.2.
 */
async function buildRust(folder: string): Promise<Uint8Array> {
  const home = process.env['CARGO_HOME'] ?? join(homedir(), '.cargo')
  const flags = [
    '-Clinker=wasm-ld-22',
    '-Clink-self-contained=no',
    '-Lnative=/usr/lib/wasm32-wasi',
    '-Clink-arg=/usr/lib/wasm32-wasi/crt1-reactor.o',
    `--remap-path-prefix=${home}=/cargo`,
  ]
  const env = {
    ...process.env,
    PATH: '/usr/bin:/bin',
    RUSTC_BOOTSTRAP: '1', // building std is for nightly compilers, says cargo
    RUSTFLAGS: flags.join(' '),
    CARGO_TARGET_DIR: folder,
  }
  const cwd = join(HERE, 'rust')
  const options = [
    '--locked',
    '--release',
    '--target',
    TARGET,
    '-Zbuild-std=std,panic_abort',
    '-Zbuild-std-features=optimize_for_size',
  ]
  execFileSync('cargo', ['build', ...options], { cwd, env, stdio: 'inherit' })
  const metadata = execFileSync('cargo', ['metadata', '--locked', '--format-version=1'], { cwd, env, maxBuffer: 1e8 })
  const { packages } = JSON.parse(metadata.toString()) as { packages: { name: string; manifest_path: string }[] }
  const crate = packages.find(({ name }) => name === ADAPTER_CRATE)
  if (crate === undefined) throw new Error(`Cargo.lock does not name ${ADAPTER_CRATE}`)
  const adapter = readFileSync(join(dirname(crate.manifest_path), 'artefacts/wasi_snapshot_preview1.reactor.wasm'))
  const module = readFileSync(join(folder, TARGET, 'release/guest.wasm'))
  return componentNew(module, [['wasi_snapshot_preview1', adapter]])
}

/** By what is built, in a folder for what comes up on the way. */
const BUILDS: Readonly<Record<string, (folder: string) => Promise<Uint8Array>>> = {
  'c/guest.wasm': (folder) => buildC('c/guest.c', '-O2', folder),
  // Small: each of its scripts makes another component to compile.
  'c/puppet.wasm': (folder) => buildC('c/puppet.c', '-Oz', folder),
  'rust/guest.wasm': buildRust,
}

async function main(names: readonly string[], check: boolean): Promise<void> {
  for (const [target, build] of Object.entries(BUILDS)) {
    if (names.length > 0 && !names.includes(dirname(target))) continue
    const folder = mkdtempSync(join(tmpdir(), 'guests-'))
    try {
      const built = await build(folder)
      const path = join(HERE, target)
      if (!check) writeFileSync(path, built)
      else if (!readFileSync(path).equals(built)) throw new Error(`${path} is not what its source gives; build it anew`)
      console.log(`${path}: ${built.length} bytes${check ? ', as committed' : ''}`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
}

if (import.meta.main) {
  const names = process.argv.slice(2)
  await main(
    names.filter((name) => !name.startsWith('--')),
    names.includes('--check'),
  )
}
