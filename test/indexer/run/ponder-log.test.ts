import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const WATCHER = new URL('../../../indexer/run/ponder-log.ts', import.meta.url).href

/** What is heard of these lines of a log, written through the logger that Ponder has. */
function hear(...lines: object[]): string[] {
  const program = `
    const { pino } = await import('pino')
    const { watchPonderLog } = await import('${WATCHER}')
    const heard = []
    const names = ['onDeepReorg', 'onChainFailed', 'onPortTaken', 'onServing']
    watchPonderLog(Object.fromEntries(names.map((name) => [name, () => heard.push(name)])))
    const log = pino({ base: undefined, serializers: { error: pino.stdSerializers.err } })
    const error = Object.assign(new Error('listen EADDRINUSE: address already in use 127.0.0.1:1'), { code: 'EADDRINUSE' })
    for (const line of ${JSON.stringify(lines)}) log.warn(line.error ? { ...line, error } : line)
    console.error(JSON.stringify(heard))`
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  })
  return JSON.parse(stderr) as string[]
}

test.each([
  ['onDeepReorg', { msg: 'Encountered unrecoverable reorg', chain: 'chain' }],
  ['onChainFailed', { msg: 'Received JSON-RPC error', retry_count: 10 }],
  ['onPortTaken', { msg: 'Port in use', port: 1 }],
  ['onPortTaken', { msg: 'uncaughtException', error: true }],
  ['onServing', { msg: 'Created HTTP server', port: 1 }],
])('%s hears of %j', (heard, line) => {
  expect(hear({ msg: 'Started' }, line)).toEqual([heard])
})

test('nobody hears of a question that Ponder asks again, or of words within others', () => {
  const quoted = JSON.stringify({ msg: 'Port in use' })
  expect(hear({ msg: 'Received JSON-RPC error', retry_delay: 125 }, { msg: 'Indexed', request: quoted })).toEqual([])
})
