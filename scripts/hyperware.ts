import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Stripped and compiled sources are kept, for this process and those it starts: half of the time that loading takes. Not in
// the system's temporary folder, where others could have put theirs.
const kept = (process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../cache/compiled', import.meta.url)))
enableCompileCache(kept)
const { runCommandLine } = await import('./cli/program.ts')

// Whoever reads may have seen enough, as `head` has. What runs other programs stops them, as when it is told to.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit()
  })
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  env: process.env,
})
