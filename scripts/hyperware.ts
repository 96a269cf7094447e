import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Stripped and compiled sources are kept, for this process and those it starts: half of the time that loading takes. Not in
// the system's temporary folder, where others could have put theirs.
const kept = (process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../cache/compiled', import.meta.url)))
enableCompileCache(kept)
const { stopWithoutReaders } = await import('./cli/output.ts')
const { runCommandLine } = await import('./cli/program.ts')

// What runs other programs stops them, as when it is told to.
stopWithoutReaders([process.stdout, process.stderr], () => {
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit()
})

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  env: process.env,
})
