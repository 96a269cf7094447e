import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DeploymentError } from '@hyperware/deployments'
import { exitCodeOf } from '../../scripts/cli/exit-code.ts'
import { formatTable } from '../../scripts/cli/io.ts'
import { runCommandLine } from '../../scripts/cli/program.ts'
import { encodeValue } from '../../scripts/commands/notes-set.ts'
import { ChainError, CommandError, NetworkError } from '../../scripts/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'hyperware-cli-'))
const absent = join(folder, 'absent')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(line: string, env: Record<string, string> = {}) {
  const out: string[] = []
  const err: string[] = []
  const args = line.split(' ').filter((word) => word !== '')
  const code = await runCommandLine(args, { out: (text) => out.push(text), err: (text) => err.push(text), env })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('help', () => {
  test.each([
    ['--help', 'start [options]', 'Exit codes: 0 done, 1 failed, 2 called wrongly, 3 refused'],
    ['start --help', '--fresh', 'Ctrl-C stops everything within 5 s', 'Examples:'],
    ['node --help', '--max-passthroughs', '--chain-id <id>', 'HYPERWARE_PASSWORD', 'Examples:'],
    ['node import --help', '<reference-home>', 'apt-get install rocksdb-tools', 'Examples:'],
    ['hi --help', '--from <node>', 'Examples:'],
    ['run --help', '<script...>', 'Exit code 1 when the script says it failed', 'Examples:'],
    ['top --help', '--interval <seconds>', 'Examples:'],
    ['build --help', '--out <file>', 'src/<process>.ts', 'Examples:'],
    ['install --help', '--yes', 'src/<process>.ts', 'Examples:'],
    ['uninstall --help', 'What they kept as', 'Examples:'],
    ['names --help', 'get [options] <name>', 'mint [options] <name>'],
    ['names get --help', '--json', 'Examples:'],
    ['names mint --help', '--as-owner', 'commit, wait 16 s, reveal', 'Examples:'],
    ['notes set --help', '~routers', 'Examples:'],
    ['keys create --help', '--password-file', 'Examples:'],
    ['keys rotate --help', 'publishes it as ~net-key', 'Examples:'],
    ['chain run --help', '--port', 'Examples:'],
    ['chain restore --help', 'damaged', 'Examples:'],
  ])('of "%s" is printed, with exit code 0', async (line, ...expected) => {
    const { code, out, err } = await run(line)
    expect(code).toBe(0)
    expect(err).toBe('')
    for (const text of expected) expect(out).toContain(text)
  })
})

describe('a wrong call', () => {
  test.each([
    ['', 'Usage: hyperware'],
    ['strat', 'Did you mean start?'],
    ['start --port 1', "unknown option '--port'"],
    ['run alice-home.os', "missing required argument 'script'"],
    ['top --interval 0', 'Expected a whole number from 1 to 3600'],
    ['build', "missing required argument 'folder'"],
    ['install alice-home.os', "missing required argument 'package'"],
    ['install alice-home.os x.zip --id hello', 'Expected package:publisher, such as hello:example.os.'],
    ['uninstall alice-home.os', "missing required argument 'package'"],
    ['uninstall alice-home.os hello', 'Expected package:publisher, such as hello:example.os.'],
    ['install Alice.os examples/hello', 'names are lowercase; try "alice.os"'],
    ['names', 'Usage: hyperware names'],
    ['names get', "missing required argument 'name'"],
    ['names get Alice.os', 'names are lowercase; try "alice.os"'],
    ['names get a..os', 'label 1 is empty'],
    ['names mint sub.alice-home.os --account 10', 'Expected a whole number from 0 to 9'],
    ['names mint alice-home.os --to 0x12', 'Cannot mint to "0x12": expected an address, 0x and 40 hexadecimal digits'],
    ['names mint alice-home.os --to 0x70997970c51812dc3A010C7d01b50e0d17dc79C8', 'is there a slip in it?'],
    ['node', "required option '--home <dir>' not specified"],
    ['node import', "required option '--home <dir>' not specified"],
    ['node import --home x', "missing required argument 'reference-home'"],
    ['node --home x --http-port 70000', 'Expected a whole number from 1 to 65535'],
    ['node --home x --rpc ftp://there', 'Expected a URL such as http://127.0.0.1:8545'],
    ['notes set foo.os ip 127.0.0.1', 'expected "~" before the label of a note'],
    ['notes set foo.os ~IP 127.0.0.1', 'has character "I"'],
    ['notes set foo.os ~ip localhost', 'Cannot parse IP address "localhost"'],
    ['notes set foo.os ~tcp-port ten', 'expected a port, a whole number from 0 to 65535'],
    ['notes set foo.os ~tcp-port 65536', 'Cannot encode port 65536'],
    ['notes set foo.os ~net-key 0x12', 'expected 0x and 64 hexadecimal digits'],
    ['notes set foo.os ~routers relay_home.os', 'has character "_"'],
    ['notes set foo.os ~site 0x123 --hex', 'expected 0x and an even number of hexadecimal digits'],
    ['keys create carol-home.os --home x --routers relay-home.os,,other.os', 'Expected a name such as'],
    ['chain run --port 0', 'Expected a whole number from 1 to 65535'],
  ])('such as "%s" says what was expected, with exit code 2', async (line, expected) => {
    const { code, out, err } = await run(line)
    expect(err).toContain(expected)
    expect(out).toBe('')
    expect(code).toBe(2)
  })

  test('of a password is refused before a key file is made', async () => {
    const home = join(folder, 'no-password')
    const none = await run(`keys create carol-home.os --home ${home}`)
    expect(none).toMatchObject({ code: 2, out: '' })
    expect(none.err).toContain('Cannot go on without a password: none was given')
    const empty = await run(`keys create carol-home.os --home ${home}`, { HYPERWARE_PASSWORD: '' })
    expect(empty.err).toContain('it has 0 characters, expected 1 to 1024')
  })
})

describe('a refusal', () => {
  test.each([
    `names get foo.os --network ${absent}`,
    `names mint carol-home.os --network ${absent}`,
    `notes set foo.os ~ip 127.0.0.1 --network ${absent}`,
    `hi alice-home.os --home ${absent}`,
    `uninstall alice-home.os hello:example.os --home ${absent}`,
    `node --home ${absent} --network ${absent}`,
    `keys rotate alice-home.os --network ${absent}`,
  ])('of "%s" for want of a running network has exit code 3', async (line) => {
    const { code, out, err } = await run(line)
    expect(err).toBe(
      `Cannot find a running network in "${absent}"\nHint: run "npm start" in another terminal first, or name its folder`,
    )
    expect(out).toBe('')
    expect(code).toBe(3)
  })

  test('to start in a folder of other files leaves them alone', async () => {
    const precious = join(folder, 'precious')
    writeFileSync(precious, 'mine')
    for (const line of [`start --home ${folder}`, `start --home ${folder} --fresh`, `chain run --home ${folder}`]) {
      const { code, err } = await run(line)
      expect(err).toContain(`Cannot use "${folder}" as a home: it holds files that are not of a network`)
      expect(code).toBe(3)
    }
    expect(readFileSync(precious, 'utf8')).toBe('mine')
  })

  test('to restore a chain that was never saved names the file', async () => {
    const home = join(folder, 'never-saved')
    const { code, err } = await run(`chain restore --home ${home}`)
    expect(err).toBe(`Cannot load the chain's state: "${join(home, 'chain', 'state.previous')}" does not exist`)
    expect(code).toBe(3)
  })
})

test('a failure to reach what was named has exit code 1', async () => {
  const index = await run('names get foo.os --graphql http://127.0.0.1:1/graphql')
  expect(index.code).toBe(1)
  expect(index.err).toContain('Cannot ask the index at http://127.0.0.1:1/graphql: ')
  const chain = await run('names mint carol-home.os --rpc http://127.0.0.1:1')
  expect(chain.code).toBe(1)
  expect(chain.err).toContain('Cannot reach the chain at http://127.0.0.1:1: ')
  const node = await run('hi alice-home.os --url http://127.0.0.1:1', { HYPERWARE_PASSWORD: 'a password' })
  expect(node.code).toBe(1)
  expect(node.err).toContain('Cannot ask the node at "http://127.0.0.1:1"')
})

test.each([
  [new CommandError({ code: 'usage', argument: 'a', value: 'b' }, 'Cannot'), 2],
  [new CommandError({ code: 'unknown-name', name: 'a.os' }, 'Cannot'), 1],
  [new NetworkError({ code: 'home-in-use', home: 'x', pid: 1 }, 'Cannot'), 3],
  [new ChainError({ code: 'state-damaged', file: 'x', detail: 'y' }, 'Cannot'), 3],
  [new DeploymentError('Cannot', { code: 'chain-unknown', chainId: 1, known: [] }), 3],
  [new TypeError('x is not a function'), 1],
  ['a string', 1],
])('%o ends with exit code %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code)
})

describe('a value to write', () => {
  const key = `0x${'ab'.repeat(32)}`
  test.each([
    ['~ip', '127.0.0.1', false, '7f000001'],
    ['~ip', '::1', false, '00000000000000000000000000000001'],
    ['~tcp-port', '9010', false, '2332'],
    ['~ws-port', '0', false, '0000'],
    ['~net-key', key, false, 'ab'.repeat(32)],
    ['~routers', 'foo.os', false, 'b53c08617bdc260631a119a712e209b625b8dead2cee08c346903fda534387a8'],
    [
      '~routers',
      `${key}, foo.os`,
      false,
      `${'ab'.repeat(32)}b53c08617bdc260631a119a712e209b625b8dead2cee08c346903fda534387a8`,
    ],
    ['~site', 'grüße', false, Buffer.from('grüße').toString('hex')],
    ['~site', '0xc0ffee', false, Buffer.from('0xc0ffee').toString('hex')],
    ['~site', '0xc0ffee', true, 'c0ffee'],
    ['~tcp-port', '0x010203', true, '010203'],
    ['~ip', '', false, ''],
  ])('%s %s is encoded as its label asks', (label, value, asHex, expected) => {
    expect(Buffer.from(encodeValue(label, value, asHex)).toString('hex')).toBe(expected)
  })
})

test('columns of a table line up, without spaces at the end', () => {
  expect(formatTable([['a', 'bb', 'c'], ['aaa', 'b'], []])).toEqual(['a    bb  c', 'aaa  b', ''])
})
