import { mkdir } from 'node:fs/promises'
import { createKeyFile, keyFilePath, writeKeyFile } from '@hyperware/node'
import type { Name } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { readPassword } from '../cli/password.ts'
import type { KeysCreateOptions } from './keys.ts'

/** `keys create`. Refuses to replace a key file, since that would lose a networking key. */
export async function createKeys(io: CommandIo, name: Name, options: KeysCreateOptions): Promise<void> {
  const routers = options.routers ?? []
  const password = await readPassword(io, { file: options.passwordFile, confirm: true })
  const { bytes, netKey } = await createKeyFile({ name, routers, password })
  await mkdir(options.home, { recursive: true, mode: 0o700 })
  await writeKeyFile(options.home, bytes)
  const file = keyFilePath(options.home)
  if (options.json === true) {
    io.out(JSON.stringify({ name, netKey, file }))
  } else {
    io.err(`wrote ${file}; the public key of ${name} is`)
    io.out(netKey)
  }
}
