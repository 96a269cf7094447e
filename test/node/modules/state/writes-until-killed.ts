// A child process that commits as fast as it can and says what was acknowledged, until it is killed.
import { parseAddress } from '@hyperware/protocol'
import { openStore } from '../../../../node/modules/state/store.ts'

const [folder = '', from = '0'] = process.argv.slice(2)
const store = await openStore({ folder, nodeName: 'alice.os' })
const issuer = parseAddress('alice.os@vfs:distro:sys')

/** Four writers at once, so that commits share flushes. */
await Promise.all([0, 1, 2, 3].map((writer) => write(writer)))

async function write(writer: number): Promise<void> {
  for (let round = Number(from); ; round += 1) {
    const id = `p${writer}-${round % 50}:test:alice.os`
    const bytes = new TextEncoder().encode(`${round} `.repeat(50))
    await store.commit([
      { kind: 'set-state', id, bytes },
      {
        kind: 'put-process',
        process: { id, wasmBytesHandle: `/${round}`, witVersion: round, onExit: { kind: 'restart' }, public: false },
      },
      {
        kind: 'put-capability',
        holder: id,
        key: 'k',
        capability: { capability: { issuer, params: String(round) }, signature: new Uint8Array(64) },
      },
    ])
    // Written in one call: a line is there or it is not.
    process.stdout.write(`${id} ${round}\n`)
  }
}
