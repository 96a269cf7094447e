import { decodeManifest } from '@hyperware/protocol'
import { afterEach, expect, test } from 'vitest'
import { type ComponentRunner, createComponentRunner, MEMORY_MAX_BYTES } from '../../../node/wasm/runner.ts'
import { type ComponentNode, startComponentNode } from './component-node.ts'
import * as guests from './wat-guests.ts'

let runner: ComponentRunner | undefined
let node: ComponentNode | undefined

afterEach(async () => {
  await node?.stop()
  await runner?.close()
})

test('guests that take all they get have what their manifest says, or the default', async () => {
  const fixed = { process_wasm_path: '/growing.wasm', on_exit: 'None', request_networking: false, public: true }
  const asked = new Map([
    ['default', undefined],
    ['less', 1_048_576],
    ['odd', 1_048_576 + 65_535],
    ['more', 256 * 1_048_576],
  ])
  const lists = { request_capabilities: [], grant_capabilities: [] }
  const entries = [...asked].map(([process_name, memory_max_bytes]) =>
    Object.assign({ process_name, memory_max_bytes }, fixed, lists),
  )
  const manifest = decodeManifest(JSON.stringify(entries))
  if (!manifest.ok) throw new Error(manifest.problem)
  runner = createComponentRunner()
  const { kernel } = (node = startComponentNode(runner, { memoryMaxBytes: MEMORY_MAX_BYTES }))
  const wasm = await guests.growing()
  await kernel.boot({
    packages: [{ id: { package: 'app', publisher: 'pub.os' }, witVersion: 1, manifest: manifest.value }],
    readComponent: () => Promise.resolve(wasm),
  })
  /** Of each guest that has come to its `receive`: before, it has not said what it has. */
  const memories = async (): Promise<Record<string, number>> => {
    const all = (await kernel.diagnostics()).filter(({ usage }) => (usage?.memoryBytes ?? 0) > 0)
    return Object.fromEntries(all.map(({ id, usage }) => [id.replace(/:.*/, ''), usage?.memoryBytes ?? 0]))
  }
  await expect.poll(memories).toEqual({
    default: 128 * 1_048_576,
    less: 1_048_576,
    odd: 1_048_576,
    more: 256 * 1_048_576,
  })
})
