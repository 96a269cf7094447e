import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/**
 * The module that process threads run, as one piece of JavaScript. Loading the sources in each thread would strip their
 * types in each, for 10 MB and 100 ms a time.
 */
export function bundleThreadCode(entry: URL): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    logLevel: 'silent',
  })
  return outputFiles?.[0]?.text ?? ''
}
