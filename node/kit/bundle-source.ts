import { access } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildFailure } from 'esbuild'
import { BuildError } from './errors.ts'

/** What the engine lacks; its code comes before the process's own. */
const ENGINE = fileURLToPath(new URL('../process/engine.js', import.meta.url))
const RANDOM = fileURLToPath(new URL('../process/random.ts', import.meta.url))

/** Where a package outside this repository finds `@hyperware/process` and `@hyperware/protocol`. */
const LIBRARIES = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** The name that `init` is exported under until the component is made (see `renameExport`), as in engine.wit. */
export const START_EXPORT = 'start-process'
const START_FUNCTION = 'startProcess'

/**
 * Bundles a process written in TypeScript, with everything it imports, into one module for the engine. `file` exports
 * `init(our: string)`. @throws BuildError
 */
export async function bundleSource(file: string): Promise<string> {
  const entry = resolve(file)
  await access(entry).catch(() => {
    throw new BuildError({ code: 'source-missing', file: entry }, `Cannot build ${entry}: there is no such file`)
  })
  const { build } = await import('esbuild')
  const result = await build({
    stdin: {
      contents: [
        `import ${JSON.stringify(ENGINE)}`,
        `import { beginRandom } from ${JSON.stringify(RANDOM)}`,
        `import { getRandomBytes } from 'wasi:random/random@0.2.12'`,
        `import { init } from ${JSON.stringify(entry)}`,
        `export function ${START_FUNCTION}(our) { beginRandom(getRandomBytes); init(our) }`,
      ].join('\n'),
      resolveDir: dirname(entry),
      sourcefile: `${entry} (start)`,
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2023',
    charset: 'utf8',
    external: ['hyperware:*', 'wasi:*'],
    nodePaths: [LIBRARIES],
    logLevel: 'silent',
    // Names in stack traces are what a trap report shows.
    keepNames: false,
    minifySyntax: true,
  }).catch((cause: BuildFailure) => {
    throw buildErrorOf(entry, cause)
  })
  const [output] = result.outputFiles
  return output?.text ?? ''
}

function buildErrorOf(file: string, cause: BuildFailure): BuildError {
  const [first] = cause.errors ?? []
  if (first?.text.startsWith('No matching export') === true && first.text.includes('"init"')) {
    return new BuildError({ code: 'no-init', file }, `Cannot build ${file}: it does not export a function init`, {
      hint: 'write: export function init(our: string): void { … }',
      cause,
    })
  }
  const place = first?.location ? `${first.location.file}:${first.location.line}: ` : ''
  const reason = first === undefined ? cause.message : `${place}${first.text}`
  return new BuildError({ code: 'source-invalid', file, reason }, `Cannot build ${file}: ${reason}`, { cause })
}
