import { bundleOwnCode } from '../own-code.ts'

/**
 * What process threads run, as one script. Loading the sources in each thread would strip their types in each, for 10 MB
 * and 100 ms a time; and a module takes 1.5 MB more than a script, in each.
 */
export function bundleThreadCode(): Promise<string> {
  return bundleOwnCode(new URL('process-thread.ts', import.meta.url), {
    format: 'cjs',
    platform: 'node',
    target: 'node26',
    minifyWhitespace: true,
    minifySyntax: true,
  })
}
