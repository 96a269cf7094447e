import { bundleOwnCode } from '../../own-code.ts'
import { FAVICON, type PageFile } from './pages.ts'

const SOURCES = { 'login.js': 'login.page.ts', 'home.js': 'home.page.ts', 'style.css': 'style.css' } as const

/** Bundles the scripts and the style of the pages: a node serves the sources it runs from. */
export async function bundlePageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>([['/assets/favicon.svg', { type: 'image/svg+xml', content: FAVICON }]])
  for (const [name, source] of Object.entries(SOURCES)) {
    const options = { minify: true, format: 'esm', target: 'es2022' } as const
    const content = await bundleOwnCode(new URL(source, import.meta.url), options)
    const type = name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8'
    files.set(`/assets/${name}`, { type, content })
  }
  return files
}
