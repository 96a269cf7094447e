// What running processes costs: `npx node bench/kernel.ts`. Name parts to measure only those, such as
// `npx node bench/kernel.ts kills isolation`. Each is measured in a process of its own, which only runs components.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Argument } from 'commander'
import { npmScript } from '../scripts/cli/npm-script.ts'
import { GUESTS } from '../test/node/wasm/guests/guests.ts'
import { LONG_STATE_BYTES } from './kernel/long-bytes.ts'
import * as guests from '../test/node/wasm/wat-guests.ts'

const javaScript = GUESTS['JavaScript']
if (javaScript === undefined) throw new Error('there is a guest in JavaScript')
const wasm = {
  echo: guests.echoing,
  asker: () => guests.asking('echo'),
  sink: guests.sinking,
  flooder: () => guests.flooding('sink'),
  spinner: guests.spinning,
  allocator: guests.allocating,
  printer: guests.printing,
  filler: guests.filling,
  keeper: () => guests.keeping(LONG_STATE_BYTES),
  filer: guests.filing,
  javaScript,
} as const
type Guest = keyof typeof wasm

/** Which components each part runs. */
const PARTS: Readonly<Record<string, readonly Guest[]>> = {
  conversation: ['echo', 'asker'],
  starts: ['sink'],
  kills: ['spinner', 'allocator', 'sink', 'printer'],
  'large-kills': ['filler'],
  idle: ['sink'],
  'idle-javascript': ['javaScript'],
  isolation: ['echo', 'asker', 'sink', 'spinner', 'allocator', 'flooder'],
  freeing: ['echo', 'asker', 'spinner', 'filler'],
  'long-bytes': ['echo', 'asker', 'keeper', 'filer'],
  colocated: ['echo', 'asker', 'javaScript'],
}

const named = npmScript('npx node bench/kernel.ts', 'Measures what running processes costs.')
  .addArgument(new Argument('[part...]', 'only these parts').choices(Object.keys(PARTS)))
  .parse().args

const folder = mkdtempSync(join(tmpdir(), 'hyperware-bench-'))
try {
  for (const part of named.length === 0 ? Object.keys(PARTS) : named) {
    const files: string[] = []
    for (const guest of PARTS[part] ?? []) {
      const file = join(folder, `${guest}.wasm`)
      writeFileSync(file, await wasm[guest]())
      files.push(file)
    }
    const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'kernel/part.ts'), part, ...files], {
      stdio: 'inherit',
    })
    if (status !== 0) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
