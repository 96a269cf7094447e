// A child process whose kernel makes, changes and kills processes as fast as it can, and says what was acknowledged.
import {
  json,
  type KernelCommand,
  kernelCommandJson,
  parseAddress,
  parseProcessId,
  utf8ToBytes,
} from '@hyperware/protocol'
import { startKernel } from '../../../node/kernel/loop.ts'
import { openStore } from '../../../node/modules/state/store.ts'
import { testSign, testVerify } from './kernel-fixture.ts'
import { createScriptedRunner, type Guest } from './scripted.ts'

const [folder = '', from = '0'] = process.argv.slice(2)
const tester = parseProcessId('tester:distro:sys')
const waiting = new Map<bigint, () => void>()

/** One line is one acknowledgement, written in one call: it is there or it is not. */
function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Sets its state to ever higher numbers, and says so each time it was told that this is done. */
async function count(guest: Guest): Promise<void> {
  const state = await guest.ask({ kind: 'get-state' })
  const bytes = state.kind === 'state' ? state.bytes : undefined
  for (let next = Number(new TextDecoder().decode(bytes)) + 1; ; next += 1) {
    await guest.ask({ kind: 'set-state', bytes: utf8ToBytes(String(next)) })
    say(`state ${guest.our.process.process} ${next}`)
  }
}

let ids = BigInt(from)
const kernel = startKernel({
  ourName: 'alice.os',
  randomId: () => (ids += 1n),
  sign: testSign,
  verify: testVerify,
  modules: [
    {
      id: tester,
      public: true,
      inbox: (delivery) => {
        if (delivery.kind === 'message') waiting.get(delivery.message.id)?.()
      },
    },
  ],
  transmit: () => undefined,
  now: () => performance.now(),
  print: () => undefined,
  store: await openStore({ folder, nodeName: 'alice.os' }),
  runner: createScriptedRunner(new Map([['count', count]])),
  memoryMaxBytes: 0,
  shutDown: () => undefined,
})
await kernel.boot({ packages: [], readComponent: () => Promise.resolve(utf8ToBytes('count')) })

await Promise.all([0, 1, 2].map((maker) => make(maker)))

async function make(maker: number): Promise<void> {
  for (let round = Number(from); ; round += 1) {
    const name = `p${maker}-${round}`
    const id = parseProcessId(`${name}:test:alice.os`)
    const made = { wasmBytesHandle: '/x', witVersion: 1, onExit: { kind: 'restart' } } as const
    await command({ kind: 'InitializeProcess', id, ...made, initialCapabilities: [], public: false })
    say(`made ${name}`)
    await command({ kind: 'RunProcess', id })
    await kernel.grant(id, [{ issuer: parseAddress('alice.os@vfs:distro:sys'), params: String(round) }])
    say(`granted ${name} ${round}`)
    if (round % 2 === 1) continue
    say(`killing ${name}`)
    await command({ kind: 'KillProcess', id })
    say(`killed ${name}`)
  }
}

async function command(value: KernelCommand): Promise<void> {
  ids += 1n
  const id = ids
  const answered = new Promise<void>((resolve) => void waiting.set(id, resolve))
  kernel.send({
    id,
    source: { node: 'our', process: tester },
    target: parseAddress('our@kernel:distro:sys'),
    rsvp: undefined,
    message: {
      kind: 'request',
      inherit: false,
      expectsResponse: 600n,
      body: json.encodeWith(kernelCommandJson, value),
      metadata: undefined,
      capabilities: [],
    },
    blob: { mime: undefined, bytes: utf8ToBytes('count') },
  })
  await answered
  waiting.delete(id)
}
