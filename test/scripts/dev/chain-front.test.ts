import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { callRpc } from '../../../scripts/dev/chain/anvil.ts'
import { openDurableChain } from '../../../scripts/dev/chain/durable-chain.ts'
import { openChainFront } from '../../../scripts/dev/chain/front.ts'
import { until } from '../../helpers/until.ts'

const CONTRACT = '0x00000000000000000000000000000000000000aa'
/** More than is read ahead of a reader that stands still. */
const LARGE_BYTES = 200_000
/** As many as there are connections from the front to anvil. */
const CLIENTS = 256

test('clients that leave before a large answer comes take no connection to anvil with them', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'hyperware-front-'))
  const chain = await openDurableChain({ dir, chainId: 31337, log: () => {}, onProcess: () => {} })
  const gate = Promise.withResolvers<void>()
  let arrived = 0
  const anvil = async () => {
    arrived++
    await gate.promise
    return await chain.anvil()
  }
  const front = await openChainFront({ chain: { ...chain, anvil }, port: 0, log: () => {} })
  try {
    await (await chain.anvil()).call('anvil_setCode', CONTRACT, `0x${'01'.repeat(LARGE_BYTES)}`)
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getCode', params: [CONTRACT, 'latest'] })
    const clients = Array.from({ length: CLIENTS }, () => {
      const client = connect(front.port, '127.0.0.1')
      client.write(`POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      return client
    })
    await until(() => arrived === CLIENTS, 'every request to wait for anvil')
    // The front closes its side when it has seen the client go, so none is there any more when the answers come.
    await Promise.all(
      clients.map(
        (client) =>
          new Promise((resolve) => {
            client.once('close', resolve).resume().end()
          }),
      ),
    )
    gate.resolve()
    expect(await callRpc(`http://127.0.0.1:${front.port}`, 'eth_chainId', [], 30_000)).toBe('0x7a69')
  } finally {
    await front.close()
    await chain.close()
    rmSync(dir, { recursive: true, force: true })
  }
})
