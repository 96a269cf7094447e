import { fileURLToPath } from 'node:url'
import { build, stop } from 'esbuild'
import { FAVICON, type PageFile } from './pages.ts'

const SOURCES = { 'login.js': 'login.page.ts', 'home.js': 'home.page.ts', 'style.css': 'style.css' } as const

/** Bundles the scripts and the style of the pages, in memory: a node serves the sources it runs from. */
export async function bundlePageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const entries = Object.entries(SOURCES)
  const bundles = await Promise.all(
    entries.map(([, source]) =>
      build({
        entryPoints: [fileURLToPath(new URL(source, import.meta.url))],
        bundle: true,
        write: false,
        minify: true,
        format: 'esm',
        target: 'es2022',
        logLevel: 'silent',
      }),
    ),
  )
  await stop() // esbuild's helper process would live as long as the node
  const files = new Map<string, PageFile>([['/assets/favicon.svg', { type: 'image/svg+xml', content: FAVICON }]])
  for (const [index, [name]] of entries.entries()) {
    const content = bundles[index]?.outputFiles[0]?.text ?? ''
    const type = name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8'
    files.set(`/assets/${name}`, { type, content })
  }
  return files
}
