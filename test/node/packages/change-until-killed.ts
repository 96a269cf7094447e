// A node as a child process: finishes what an earlier one had begun, says what it finds, and begins a change of the package.
import { readdir, readFile } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { type ChangeStep, type PackageNode, startPackageNode } from './package-node.ts'

const PACKAGE = 'hello:example.os'

/** What there is of the package once a node has booted. */
export type Found = {
  /** Of the files; null when there are none. */
  readonly version: string | null
  /** The processes, each with the rights it holds and how often it has answered, over all nodes. */
  readonly processes: Readonly<Record<string, { readonly rights: number; readonly answers: number }>>
  /** What the change of an earlier node has left in the home. */
  readonly left: readonly string[]
  /** What the node wrote into its log. */
  readonly logged: readonly string[]
}

await main()

async function main(): Promise<void> {
  const [home = '', bundles = '', change, counted, stopAt] = process.argv.slice(2)
  let counting = counted === 'boot'
  let steps = 0
  const node = await startPackageNode({
    home,
    before(step: ChangeStep) {
      if (!counting) return
      steps += 1
      if (steps === Number(stopAt)) waitForTheKill(`at ${step}`)
    },
  })
  process.on('exit', () => console.error(node.prints)) // it ended by itself: they say why
  await node.finished
  const found = await look(node)
  say(`found ${JSON.stringify(found)}`)
  counting = false
  if (change === 'uninstall' && found.version === null) await installVersion('1')
  counting = counted === 'change'
  flushCompileCache() // as at an end of its own: what the next one loads takes half of the time
  say('begins')
  if (change === 'uninstall') await node.uninstall(PACKAGE)
  else await installVersion(found.version === '1' ? '2' : '1')
  waitForTheKill('done')

  async function installVersion(version: string): Promise<void> {
    await node.install(await readFile(join(bundles, version)))
  }
}

/** One call writes the line whole; from then on this thread does nothing more. */
function waitForTheKill(line: string): void {
  say(line)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function look(node: PackageNode): Promise<Found> {
  const processes: Record<string, { rights: number; answers: number }> = {}
  for (const { id, capabilities } of await node.kernel.diagnostics()) {
    if (!id.endsWith(`:${PACKAGE}`)) continue
    const said = await node.ask(id, 'hi', 10)
    if ('error' in said) throw new Error(`${id} does not answer: ${said.error}`)
    const { greetings } = JSON.parse(said.text) as { greetings: number }
    processes[id] = { rights: capabilities, answers: greetings }
  }
  return {
    version: await readFile(join(node.home, 'vfs', PACKAGE, 'pkg/version'), 'utf8').catch(() => null),
    processes,
    left: (await readdir(node.home)).filter((name) => /intent|unpacking|replaced/.test(name)),
    logged: node.logged.map(({ event }) => event),
  }
}
