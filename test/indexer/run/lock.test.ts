import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeFolder } from '../../../indexer/run/lock.ts'
import { newFolder } from '../network/indexer.ts'

const LOCK = JSON.stringify(join(import.meta.dirname, '../../../indexer/run/lock.ts'))

let dir: string
beforeEach(() => {
  dir = newFolder()
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A process that takes the folder, says whether it has it, and keeps it until it is killed. */
async function takeElsewhere() {
  const program = `const { takeFolder } = await import(${LOCK})
    try { process.once('exit', takeFolder(${JSON.stringify(dir)})) } catch (error) { console.log(error.code); process.exit() }
    console.log('taken'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, said: said.toString().trim() }
}

test('a folder is taken by one process, which is named, and by another one after that was killed', async () => {
  const { child, said } = await takeElsewhere()
  expect(said).toBe('taken')
  expect(() => takeFolder(dir)).toThrow(
    `Cannot use index folder ${JSON.stringify(dir)}: process ${child.pid} is using it`,
  )
  child.kill('SIGKILL')
  await once(child, 'exit')
  const giveBack = takeFolder(dir)
  const other = await takeElsewhere()
  expect(other.said).toBe('store-in-use')
  giveBack()
  takeFolder(dir)()
})

test('of those that begin at once where another was killed, one gets the folder', async () => {
  const { child } = await takeElsewhere()
  child.kill('SIGKILL')
  await once(child, 'exit')
  const all = await Promise.all(Array.from({ length: 4 }, takeElsewhere))
  for (const each of all) each.child.kill('SIGKILL')
  expect(all.map(({ said }) => said).toSorted()).toEqual(['store-in-use', 'store-in-use', 'store-in-use', 'taken'])
})

test('who has it is not known from what cannot be read', () => {
  const giveBack = takeFolder(dir)
  writeFileSync(join(dir, 'lock-holder'), 'x'.repeat(100))
  expect(() => takeFolder(dir)).toThrow('another process is using it')
  giveBack()
})
