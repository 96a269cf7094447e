import { parseProcessId } from '@hyperware/protocol'
import { expect, test } from 'vitest'
import { bodyOf, never } from './events.ts'
import { createTestKernel } from './kernel-fixture.ts'
import { A, B } from './mailboxes.ts'

test('every message that passes can be watched, and prints carry the name of their process', async () => {
  const test = createTestKernel()
  const watched: string[] = []
  test.kernel.observe((message) => void watched.push(message.source.process.process))
  await test.launch(B, async (guest) => void (await guest.receive()), { public: true })
  await test.launch(A, async (guest) => {
    guest.act({ kind: 'print', verbosity: 0, text: 'hello' })
    await guest.send(`our@${B}`, { body: 'x' })
  })
  expect(watched).toContain('a')
  test.kernel.observe(undefined)
  const count = watched.length
  await test.command({ kind: 'Debug', question: { kind: 'ProcessMap' } })
  expect(watched).toHaveLength(count)
  expect(test.prints).toContainEqual({ verbosity: 0, source: parseProcessId(A), text: 'test:alice.os: hello' })
})

test('a shutdown ends every instance without its on-exit, and the node is told', async () => {
  let told = 0
  const test = createTestKernel({ shutDown: () => void (told += 1) })
  const heard: string[] = []
  await test.launch(A, async (guest) => void heard.push(bodyOf(await guest.receive())), { onExit: { kind: 'restart' } })
  await test.command({ kind: 'Shutdown' })
  expect(told).toBe(1)
  await test.kernel.stop()
  await test.clock.advance(10_000)
  expect(heard).toEqual([])
  expect(test.kernel.send({} as never)).toBe(false)
})

test('without a runner nothing can be initialized', async () => {
  const test = createTestKernel({ runner: undefined })
  await expect(test.launch(A, never)).rejects.toThrow('InitializeProcessError')
})
