import { randomBytes } from 'node:crypto'
import { bytesToHex, equalBytes, type Hex, type Name, parseName } from '@hyperware/protocol'
import { createNetKeyPair, netKeyOfSeed } from './ed25519.ts'
import { corrupt, KeyFileError, type SealedPart, wrongPassword } from './errors.ts'
import { decodeKeyFileLayout, encodeKeyFileLayout, type KeyFileLayout } from './key-file-layout.ts'
import { hashPassword } from './password.ts'
import { PASSWORD_MAX_LENGTH, type PasswordHash } from './password-rule.ts'
import { decodePkcs8, encodePkcs8 } from './pkcs8.ts'
import { deriveDiskKey, seal, unseal } from './seal.ts'

/** What a key file holds once opened. `netKeySeed` is the 32-byte Ed25519 seed of `netKey`. */
export type OpenKeyFile = {
  name: Name
  routers: readonly Name[]
  netKeySeed: Uint8Array
  /** The public key as `~net-key` carries it. */
  netKey: Hex
  jwtSecret: Uint8Array
}

/**
 * Makes the key file of a new node with a fresh networking key (modules.md section 14). An empty list of routers
 * stands for a direct node. `netKey` is what the node's owner has to publish as `~net-key`.
 * @throws KeyFileError `key-input` for an empty or overlong password; NameError for a name that is none.
 */
export async function createKeyFile(input: {
  name: string
  routers: readonly string[]
  password: string
}): Promise<{ bytes: Uint8Array; netKey: Hex }> {
  const name = parseName(input.name)
  const routers = input.routers.map(parseName)
  if (input.password.length === 0 || input.password.length > PASSWORD_MAX_LENGTH) {
    const problem = `the password has ${input.password.length} characters, expected 1 to ${PASSWORD_MAX_LENGTH}`
    throw new KeyFileError({ code: 'key-input', problem }, `Cannot create key file of "${name}": ${problem}`)
  }
  const salt = new Uint8Array(randomBytes(32))
  const diskKey = await deriveDiskKey(await hashPassword(name, input.password), salt)
  const pair = createNetKeyPair()
  const layout: KeyFileLayout = {
    name,
    routers,
    salt,
    sealedNetKey: seal(diskKey, encodePkcs8(pair)),
    sealedJwtSecret: seal(diskKey, new Uint8Array(randomBytes(32))),
    sealedFileKey: seal(diskKey, new Uint8Array(randomBytes(32))),
  }
  return { bytes: encodeKeyFileLayout(layout), netKey: bytesToHex(pair.publicKey) }
}

/** Name and routers, which a key file holds in clear. @throws KeyFileError `key-file-corrupt`. */
export function readKeyFileHeader(bytes: Uint8Array): { name: Name; routers: readonly Name[] } {
  const { name, routers } = decodeKeyFileLayout(bytes)
  return { name, routers }
}

/**
 * Opens a key file with the hash of its password.
 *
 * The three sealed parts share one key, so a part that opens proves the password: when none opens the password is
 * called wrong, when some do the file is called damaged, and where.
 * @throws KeyFileError `wrong-password` or `key-file-corrupt`.
 */
export async function openKeyFile(bytes: Uint8Array, passwordHash: PasswordHash): Promise<OpenKeyFile> {
  const layout = decodeKeyFileLayout(bytes)
  const diskKey = await deriveDiskKey(passwordHash, layout.salt)
  const document = unseal(diskKey, layout.sealedNetKey)
  const jwtSecret = unseal(diskKey, layout.sealedJwtSecret)
  const fileKey = unseal(diskKey, layout.sealedFileKey)
  if (!document && !jwtSecret && !fileKey) throw wrongPassword(layout.name)
  if (!document) throw damaged('networking key')
  if (!jwtSecret) throw damaged('JWT secret')
  if (!fileKey) throw damaged('file key')

  const pair = decodePkcs8(document)
  if (!pair.ok) throw corrupt('the networking key', pair.problem)
  if (!equalBytes(netKeyOfSeed(pair.value.seed), pair.value.publicKey)) {
    throw corrupt('the networking key', 'holds a public key that is not that of its seed')
  }
  const { seed, publicKey } = pair.value
  return { name: layout.name, routers: layout.routers, netKeySeed: seed, netKey: bytesToHex(publicKey), jwtSecret }
}

function damaged(part: SealedPart): KeyFileError {
  return corrupt(`the encrypted ${part}`, 'was changed: the password opens other parts of the file, but not this one')
}
