import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BUILD_MS, bundleOf, HELLO, OUR_NAME, type PackageNode, startPackageNode, TERMINAL } from './package-node.ts'

const MUTE = join(import.meta.dirname, 'mute')

/** The terminal and its scripts as components, on a real kernel, file system and state. */

let node: PackageNode
let bundle: Uint8Array

beforeAll(async () => {
  bundle = await bundleOf(TERMINAL)
  node = await startPackageNode({ bundle })
  await node.install(await bundleOf(HELLO))
  await node.install(await bundleOf(MUTE))
}, BUILD_MS)

afterAll(() => node?.stop())

const said = (output: string) => ({ output, failed: false })
const failed = (output: unknown) => ({ output, failed: true })

describe('a line', () => {
  test('runs the script that its first word stands for, with the rest as its argument', async () => {
    expect(await node.line('  echo  one  two   three ')).toEqual(said('one  two   three'))
    expect(await node.line('echo:terminal:sys Grüße, 世界 🙂')).toEqual(said('Grüße, 世界 🙂'))
  })

  test('with nothing in it does nothing', async () => {
    expect(await node.line('   ')).toEqual(said(''))
  })

  test('with an unknown word, an unknown package or an unknown script says so', async () => {
    expect(await node.line('nonsense')).toEqual(
      failed('"nonsense" not found, either as an alias or process ID; help lists what there is'),
    )
    expect(await node.line('a:b:c')).toEqual(failed('Cannot run a:b:c: no package b:c with scripts is installed'))
    expect(await node.line('sing:terminal:sys')).toEqual(
      failed('Cannot run sing:terminal:sys: /terminal:sys/pkg/scripts.json lists no sing.wasm'),
    )
  })

  test('as many as come at once are all answered, each with its own output', async () => {
    const outputs = await Promise.all(Array.from({ length: 8 }, (_, index) => node.line(`echo line ${index}`)))
    expect(outputs).toEqual(Array.from({ length: 8 }, (_, index) => said(`line ${index}`)))
  })

  test('whose script ends without an answer, as live scripts do, is answered then', async () => {
    expect(await node.line('mute:mute:example.os whatever')).toEqual(
      said("The script ended without an answer; what it printed is in the node's terminal"),
    )
  })

  test('leaves no process behind', async () => {
    await node.line('echo gone')
    await vi.waitFor(async () => {
      const processes = (await node.kernel.diagnostics()).map(({ id }) => id)
      expect(processes.filter((id) => id.endsWith(':terminal:sys'))).toEqual(['terminal:terminal:sys'])
    }, 30_000)
  })
})

test('help lists the commands, and shows one', async () => {
  const { output } = await node.line('help')
  for (const command of ['alias <name>', 'cat <path>', 'm <address>', 'top [process id]']) {
    expect(output).toContain(command)
  }
  expect(await node.line('help cat')).toEqual(
    said('cat <path>\n  shows a file, such as /terminal:sys/pkg/scripts.json'),
  )
  expect(await node.line('help dance')).toEqual(failed('there is no command "dance"'))
})

test('cat shows a file as it is, and names one that is not there', async () => {
  const scripts = await readFile(join(TERMINAL, 'pkg/scripts.json'), 'utf8')
  expect(await node.line('cat /terminal:sys/pkg/scripts.json')).toEqual(said(scripts))
  expect(await node.line('cat /terminal:sys/pkg/none')).toEqual(
    failed('Cannot use "/terminal:sys/pkg/none": No such file or directory (os error 2)'),
  )
  expect(await node.line('cat scripts.json')).toEqual(
    failed('Cannot use "scripts.json": expected a path such as /package:publisher/drive/file'),
  )
  expect(await node.line('cat')).toEqual(failed(expect.stringContaining('usage: cat <path>')))
})

describe('m', () => {
  test('sends a message as it stands, and with -a shows the response', async () => {
    expect(await node.line("m our@hello:hello:example.os 'good  morning' -a 5")).toEqual(
      said('{"heard":"good  morning","greetings":1}'),
    )
    expect(await node.line('m our@hello:hello:example.os again')).toEqual(said(''))
    expect(await node.line('m -a 5 our@hello:hello:example.os third')).toEqual(said('{"heard":"third","greetings":3}'))
  })

  test('says why there was no response', async () => {
    const target = `${OUR_NAME}@none:none:example.os`
    expect(await node.line('m our@none:none:example.os x -a 1')).toEqual(
      failed(
        `message to our@none:none:example.os failed: Cannot reach ${target}: no response came in time, or this process may not message it`,
      ),
    )
    expect(await node.line('m robin-home.os@hello:hello:example.os x -a 1')).toEqual(
      failed(expect.stringMatching(/its node cannot be reached$/)),
    )
  })

  test.each([
    ['m', 'usage: m <address>'],
    ['m nowhere x', 'nowhere'],
    ['m nowhere', 'address "nowhere" is not node@process:package:publisher'],
    ['m our@a:b:c', "no body for our@a:b:c\nusage: m <address> '<body>'"],
    ['m our@a:b:c one two', '"two" is left over behind the body "one"\nusage: m <address>'],
    ['m our@a:b:c one -a soon', '-a is "soon", expected seconds'],
  ])('%s is refused', async (line, words) => {
    expect(await node.line(line)).toEqual(failed(expect.stringContaining(words)))
  })
})

test('top lists every process, one of them, and with -c what it holds', async () => {
  const all = await node.line('top')
  expect(all.output).toContain('vfs:distro:sys\n  wasm: (runtime)')
  expect(all.output).toContain('hello:hello:example.os\n  wasm: /hello:example.os/pkg/hello.wasm')
  expect(all.output).toMatch(/\d+ processes$/)
  const one = await node.line('top hello:hello:example.os -c')
  expect(one.output).toContain(`${OUR_NAME}@vfs:distro:sys {"kind":"read","drive":"/hello:example.os/pkg"}`)
  expect(await node.line('top none:none:none')).toEqual(failed('no process none:none:none runs here'))
  expect(await node.line('top what')).toEqual(failed(expect.stringContaining('usage: top')))
})

test('kill ends a process, and says when there is none', async () => {
  expect(await node.line('kill hello:hello:example.os')).toEqual(said('killed process hello:hello:example.os'))
  expect(await node.line('kill hello:hello:example.os')).toEqual(failed('no process hello:hello:example.os runs here'))
  expect(await node.line('kill hello')).toEqual(failed(expect.stringContaining('usage: kill <process id>')))
  expect(await node.line('kill vfs:distro:sys')).toEqual(
    failed('vfs:distro:sys is part of this node and cannot be killed'),
  )
  expect(await node.line('kill terminal:terminal:sys')).toEqual(
    failed('terminal:terminal:sys runs this line, and would be gone until the node starts again'),
  )
  expect(await node.line('echo still here')).toEqual(said('still here'))
})

test('alias gives a script another word, which lasts over a restart, and takes it away', async () => {
  expect(await node.line('alias say echo:terminal:sys')).toEqual(said('say stands for echo:terminal:sys'))
  expect(await node.line('say hi')).toEqual(said('hi'))
  expect(await node.line('alias say echo')).toEqual(failed('process id "echo" is not process:package:publisher'))
  expect(await node.line('alias nothing')).toEqual(failed('nothing stood for nothing'))
  expect(await node.line('alias')).toEqual(failed('usage: alias <name> [process id]'))

  await node.stop()
  node = await startPackageNode({ bundle, home: node.home })
  expect(await node.line('say hi again')).toEqual(said('hi again'))
  expect(await node.line('alias say')).toEqual(said('say stands for nothing now'))
  expect(await node.line('say hi')).toEqual(failed(expect.stringContaining('"say" not found')))
})
