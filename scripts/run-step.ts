import { spawn } from 'node:child_process'

export type StepResult = { name: string; ok: boolean; seconds: number; output: string }

/** Runs one command, showing its output as it comes, and returns that output with the time it took. `env` adds to ours. */
export async function runStep(
  name: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<StepResult> {
  const startedAt = performance.now()
  console.log(`\n── ${name}: ${command.join(' ')}`)
  const [program, ...args] = command
  if (program === undefined) throw new Error(`Cannot run step "${name}": its command is empty`)
  const output: string[] = []
  const ok = await new Promise<boolean>((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const show = (target: NodeJS.WriteStream) => (chunk: Buffer) => {
      output.push(chunk.toString())
      target.write(chunk)
    }
    child.stdout.on('data', show(process.stdout))
    child.stderr.on('data', show(process.stderr))
    child.on('error', (error) => {
      output.push(error.message)
      console.error(`Cannot start "${program}": ${error.message}`)
      resolve(false)
    })
    child.on('close', (code) => resolve(code === 0))
  })
  return { name, ok, seconds: (performance.now() - startedAt) / 1000, output: output.join('') }
}

/** One line per step: its verdict, its time, its name. */
export function printSummary(results: readonly StepResult[]): void {
  console.log()
  for (const { name, ok, seconds } of results) {
    console.log(`${ok ? 'ok    ' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)} s  ${name}`)
  }
}
