import { chmod, mkdir, mkdtemp, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makePrivateFolder } from '../../../node/disk/private-folder.ts'

test("a folder is its owner's alone, also one that was there and open to others", async () => {
  const home = await mkdtemp(join(tmpdir(), 'hyperware-private-'))
  await makePrivateFolder(join(home, 'new'))
  await mkdir(join(home, 'old'))
  await chmod(join(home, 'old'), 0o755)
  await makePrivateFolder(join(home, 'old'))
  for (const name of ['new', 'old']) expect((await stat(join(home, name))).mode & 0o777).toBe(0o700)
})
