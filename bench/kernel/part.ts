// One part of `bench/kernel.ts`: its name, and the files of the components it runs. Only that part is loaded, for the
// memory of a process to be that of what it measures.
import { basename } from 'node:path'

const [part, first = '', second = '', third = '', fourth = ''] = process.argv.slice(2)
switch (part) {
  case 'conversation':
    await (await import('./conversation.ts')).measureConversation(first, second)
    break
  case 'starts':
    await (await import('./lifecycle.ts')).measureStarts(first)
    break
  case 'kills':
    await (await import('./lifecycle.ts')).measureKills(first, second, third, fourth)
    break
  case 'large-kills':
    await (await import('./lifecycle.ts')).measureLargeKills(first)
    break
  case 'idle':
    await (await import('./lifecycle.ts')).measureIdle(first, 460)
    break
  case 'idle-javascript':
    await (await import('./lifecycle.ts')).measureIdle(first)
    break
  case 'isolation':
    await (await import('./isolation.ts')).measureIsolation(filesByName())
    break
  case 'freeing':
    await (await import('./isolation.ts')).measureFreeing(filesByName())
    break
  case 'long-bytes':
    await (await import('./long-bytes.ts')).measureLongBytes(filesByName())
    break
  case 'colocated':
    await (await import('./colocated.ts')).measureColocated(first, second, third)
    break
  default:
    throw new Error(`no part ${part}`)
}
process.exit()

function filesByName(): Readonly<Record<string, string>> {
  return Object.fromEntries(process.argv.slice(3).map((file) => [basename(file, '.wasm'), file]))
}
