import { chmod, mkdir } from 'node:fs/promises'

/** Makes the folder if need be, and in any case its owner's alone: what processes keep is nobody else's to read. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
}
