import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort } from './free-port.ts'

const take = async (count: number, from = freePort): Promise<number[]> => {
  const ports: number[] = []
  while (ports.length < count) ports.push(await from())
  return ports
}

test('a port is given once, whoever asks at the same time', async () => {
  const again = './free-port.ts?another'
  const { freePort: another } = (await import(/* @vite-ignore */ again)) as { freePort: typeof freePort }
  expect(another).not.toBe(freePort)
  const ports = (await Promise.all([take(150), take(150, another), take(150)])).flat()
  expect(new Set(ports).size).toBe(450)
})

test('a port that somebody listens on is passed over', async () => {
  const port = await freePort()
  const server = createServer().listen(port + 1, '127.0.0.1')
  await once(server, 'listening')
  expect(await freePort()).not.toBe(port + 1)
  server.close()
})
