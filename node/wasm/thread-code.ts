import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/**
 * What process threads run, as one script. Loading the sources in each thread would strip their types in each, for 10 MB
 * and 100 ms a time; and a module takes 1.5 MB more than a script, in each.
 */
export function bundleThreadCode(entry: URL): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node26',
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'silent',
  })
  return outputFiles?.[0]?.text ?? ''
}
