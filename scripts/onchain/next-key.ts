import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { hashPassword, openKeyFile, writeKeyFile } from '@hyperware/node'
import type { Hex } from '@hyperware/protocol'
import { writeFileAtomically } from '../dev/files.ts'

/** A key file that is to replace the one in a home as soon as the chain has its public key. */
const nextKeyFile = (home: string) => join(home, '.keys.next')

export function saveNextKey(home: string, bytes: Uint8Array): void {
  writeFileAtomically(nextKeyFile(home), bytes)
}

/** The public key of a waiting key file, or undefined when there is none. @throws KeyFileError when it cannot be opened. */
export async function findNextKey(home: string, node: { name: string; password: string }): Promise<Hex | undefined> {
  if (!existsSync(nextKeyFile(home))) return undefined
  const opened = await openKeyFile(readFileSync(nextKeyFile(home)), await hashPassword(node.name, node.password))
  return opened.netKey
}

/** Puts the waiting key file in force. */
export async function promoteNextKey(home: string): Promise<void> {
  await writeKeyFile(home, readFileSync(nextKeyFile(home)), { replace: true })
  rmSync(nextKeyFile(home))
}
