import { decodeManifest } from '@hyperware/protocol'
import { expect, test } from 'vitest'
import { describeRights } from '../../scripts/commands/install-words.ts'

test('what a package would be allowed is said for each process, with what was skipped', () => {
  const manifest = decodeManifest(
    JSON.stringify([
      {
        process_name: 'chat',
        process_wasm_path: '/chat.wasm',
        on_exit: 'Restart',
        request_networking: true,
        request_capabilities: ['net:distro:sys', { process: 'vfs:distro:sys', params: { root: true } }, 'nonsense'],
        grant_capabilities: ['terminal:terminal:sys', { process: 'main:other:os', params: 'Read' }],
        public: true,
      },
    ]),
  )
  if (!manifest.ok) throw new Error(manifest.problem)
  const lines = describeRights({ id: { package: 'chat', publisher: 'template.os' }, manifest: manifest.value })
  expect(lines).toEqual([
    'chat:chat:template.os',
    '  reads and writes its own files in /chat:template.os',
    '  sends to other nodes and hears from them',
    '  may message net:distro:sys',
    '  may use vfs:distro:sys with the right {"root":true}',
    '  lets terminal:terminal:sys message it',
    '  lets main:other:os use it with the right "Read"',
    '  lets every process of the node message it',
    expect.stringMatching(/^ {2}\(skipped: .*nonsense/),
  ])
})
