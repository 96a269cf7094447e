import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs a script until it has said enough (its first output, unless told otherwise) and this long on, and kills it. Gives the
 * lines that it wrote whole.
 */
export async function linesUntilKilled(
  script: string,
  args: readonly string[],
  afterMs: number,
  enough: (output: string) => boolean = () => true,
): Promise<string[]> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  do await once(child.stdout, 'data')
  while (!enough(output))
  await sleep(afterMs)
  child.kill('SIGKILL')
  await once(child, 'close')
  return output.slice(0, output.lastIndexOf('\n')).split('\n')
}
