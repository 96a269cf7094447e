import { parseAddress } from '@hyperware/protocol'
import { expect, test, vi } from 'vitest'
import { bodyOf } from './events.ts'
import { createTestKernel } from './kernel-fixture.ts'

const A = 'a:test:alice.os'
const B = 'b:test:alice.os'

test('a failure inside a step costs that step: the guest that asked traps, everybody else goes on', async () => {
  let broken = false
  let ids = 0n
  const test = createTestKernel({
    randomId() {
      if (broken) throw new Error('there are no random numbers')
      return (ids += 1n)
    },
  })
  const heard: string[] = []
  await test.launch(
    B,
    async (guest) => {
      for (;;) heard.push(bodyOf(await guest.receive()))
    },
    { public: true },
  )
  await test.launch(
    A,
    async (guest) => {
      broken = true
      await guest.send(`our@${B}`, { body: 'lost' })
      broken = false
      await guest.send(`our@${B}`, { body: 'heard' })
      broken = true
      await guest.sendAndAwait(`our@${B}`)
    },
    { public: true },
  )
  expect(heard).toEqual(['heard'])
  expect(test.printed(0)).toEqual([
    'the kernel failed at an event of kind act: there are no random numbers',
    'the kernel failed at an event of kind ask: there are no random numbers',
    `${A} trapped: the kernel failed at this call`,
  ])
})

test('a terminal that throws, and a net that throws, stop nothing', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const test = createTestKernel({
    print() {
      throw new Error('no terminal')
    },
    transmit: () => {
      throw new Error('no net')
    },
  })
  const network = { issuer: parseAddress('alice.os@kernel:distro:sys'), params: '"network"' }
  let done = false
  await test.launch(
    A,
    async (guest) => {
      guest.act({ kind: 'print', verbosity: 0, text: 'bad' })
      await guest.send('bob.os@x:test:bob.os')
      done = true
    },
    { capabilities: [network] },
  )
  const warnings = warn.mock.calls.map(([text]) => text)
  warn.mockRestore()
  expect(done).toBe(true)
  const untold = '(and it cannot be printed: no terminal)'
  expect(warnings).toContain(`the kernel failed at an effect of kind transmit: no net ${untold}`)
  expect(warnings).toContain(`the kernel failed at an effect of kind print: no terminal ${untold}`)
})
