import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { utf8ToBytes } from '@hyperware/protocol'
import { expect, test } from 'vitest'
import { readKeyFile } from '../../../node/index.ts'
import { openStore } from '../../../node/modules/state/store.ts'
import { makeReferenceHome, NAME } from './reference-home.ts'

const HYPERWARE = join(import.meta.dirname, '../../../scripts/hyperware.ts')
const KILLS = Number(process.env['IMPORT_KILLS'] ?? 8)
const COUNT = 150

/** Runs the command, until then at most. */
async function runImport(from: string, to: string, until: Promise<unknown> | undefined): Promise<number | null> {
  const child = spawn(process.execPath, [HYPERWARE, 'node', 'import', from, '--home', to], { stdio: 'ignore' })
  const ended = once(child, 'close') as Promise<[number | null]>
  void until?.then(() => child.kill('SIGKILL'))
  const [code] = await ended
  return code
}

/** Until there is something in a folder; looks too often to miss what is there for some ms. */
async function untilFilled(folder: string): Promise<void> {
  while ((await readdir(folder).catch(() => [])).length === 0) await sleep(1, undefined, { ref: false })
}

/** Whether a folder is a home that a node would start in, and that one has everything. */
async function isHome(folder: string): Promise<boolean> {
  const keys = await readKeyFile(folder).catch(() => undefined)
  if (keys === undefined) return false
  const store = await openStore({ folder: join(folder, 'kernel'), nodeName: NAME })
  for (let index = 0; index < COUNT; index += 1) {
    const id = `p${index}:app:pub.os`
    expect(await store.readState(id)).toEqual(utf8ToBytes(`state of ${id}`))
    expect(await readFile(join(folder, `vfs/app:pub.os/pkg/p${index}.wasm`), 'utf8')).toBe(id)
  }
  expect(store.listProcesses()).toHaveLength(COUNT)
  await store.close()
  return true
}

test(
  `an import killed ${KILLS} times from beginning to end leaves a whole home or none, and the next one clears away`,
  { timeout: 300_000 + KILLS * 15_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hyperware-import-'))
    const from = join(folder, 'reference')
    const names = Array.from({ length: COUNT }, (_, index) => `p${index}`)
    await makeReferenceHome(from, {
      processes: names.map((name) => ({
        id: `${name}:app:pub.os`,
        wasmBytesHandle: `/app:pub.os/pkg/${name}.wasm`,
        witVersion: 1,
        onExit: { kind: 'restart' },
        public: false,
        capabilities: [],
      })),
      states: Object.fromEntries(names.map((name) => [`${name}:app:pub.os`, `state of ${name}:app:pub.os`])),
      files: Object.fromEntries(names.map((name) => [`vfs/app:pub.os/pkg/${name}.wasm`, `${name}:app:pub.os`])),
    })
    const startedAt = performance.now()
    const made = join(folder, 'made')
    expect(await runImport(from, join(made, 'first'), undefined)).toBe(0)
    expect(await isHome(join(made, 'first'))).toBe(true)
    const wholeMs = performance.now() - startedAt
    await rm(made, { recursive: true })

    let cut = 0
    for (let kill = 0; kill < KILLS; kill += 1) {
      // The first one as soon as it has begun to make the home, the others at any time.
      const pauseMs = ((kill + Math.random()) / KILLS) * wholeMs
      const until = kill === 0 ? untilFilled(made) : sleep(pauseMs, undefined, { ref: false })
      const code = await runImport(from, join(made, 'home'), until)
      const found: readonly string[] = await readdir(made).catch(() => [])
      // Whatever has a key file is whole; what has none is no home.
      for (const name of found) if (!(await isHome(join(made, name)))) cut += 1
      if (code === 0) expect(found).toEqual(['home'])
      if (found.includes('home')) await rm(join(made, 'home'), { recursive: true })
    }
    expect(cut, 'imports that were killed while they made a home').toBeGreaterThan(0)
    expect(await runImport(from, join(made, 'home'), undefined)).toBe(0)
    expect(await readdir(made)).toEqual(['home'])
    expect(await isHome(join(made, 'home'))).toBe(true)
    await rm(folder, { recursive: true })
  },
)
