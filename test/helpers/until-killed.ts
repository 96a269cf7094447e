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
  const closed = once(child, 'close')
  do {
    await Promise.race([once(child.stdout, 'data'), closed])
    if (child.exitCode !== null) throw new Error(`${script} ended by itself, with ${child.exitCode}:\n${output}`)
  } while (!enough(output))
  await sleep(afterMs)
  child.kill('SIGKILL')
  await closed
  return output.slice(0, output.lastIndexOf('\n')).split('\n')
}
