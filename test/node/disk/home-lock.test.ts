import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HomeLockError, lockHome } from '../../../node/disk/home-lock.ts'

const LOCK = join(import.meta.dirname, '../../../node/disk/home-lock.ts')

function newHome(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'hyperware-lock-'))
}

/** A process that takes the lock of `home` and holds it until it is killed. */
async function holdElsewhere(home: string) {
  const program = `const { lockHome } = await import(${JSON.stringify(LOCK)}); globalThis.lock = await lockHome(${JSON.stringify(home)}); console.log('locked'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

test('a home folder is taken once, and can be taken again after its release', async () => {
  const home = await newHome()
  const lock = await lockHome(home)
  await expect(lockHome(home)).rejects.toThrow(
    `Cannot use home folder "${home}": the node with process id ${process.pid} runs in it`,
  )
  lock.release()
  const again = await lockHome(home)
  again.release()
})

test('another process is named by its id, and its death by any means frees the folder', async () => {
  const home = await newHome()
  const child = await holdElsewhere(home)
  const error: unknown = await lockHome(home).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(HomeLockError)
  expect(error).toMatchObject({ problem: { code: 'home-in-use', pid: child.pid } })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = await lockHome(home)
  lock.release()
})

test('what a killed node left behind is no lock', async () => {
  const home = await newHome()
  await writeFile(join(home, '.lock'), '')
  await writeFile(join(home, '.lock-owner'), `${process.ppid}\n`)
  const lock = await lockHome(home)
  lock.release()
})
