import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argon2id } from '@noble/hashes/argon2.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@hyperware/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createKeyFile,
  hashPassword,
  KeyFileError,
  openKeyFile,
  type PasswordHash,
  readKeyFile,
  readKeyFileHeader,
  writeKeyFile,
} from '../../../node/index.ts'
import { passwordSalt } from '../../../node/keys/password-rule.ts'

type Fields = [string, string[], number[], number[], number[], number[]]

let file: { bytes: Uint8Array; netKey: string }
let hash: PasswordHash

beforeAll(async () => {
  file = await createKeyFile({ name: 'robin-home.os', routers: ['relay-home.os'], password: 'correct horse' })
  hash = await hashPassword('robin-home.os', 'correct horse')
})

function fields(): Fields {
  return JSON.parse(new TextDecoder().decode(file.bytes)) as Fields
}

function withFields(change: (fields: Fields) => unknown): Uint8Array {
  const changed = fields()
  const replaced = change(changed)
  return utf8ToBytes(JSON.stringify(replaced === undefined ? changed : replaced))
}

function flip(bytes: number[], at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 1
}

async function failure(attempt: Promise<unknown>): Promise<KeyFileError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(KeyFileError)
  return error as KeyFileError
}

describe('a key file', () => {
  test('opens with the hash of its password, and holds the key it was made with', async () => {
    const open = await openKeyFile(file.bytes, hash)
    expect(open).toMatchObject({ name: 'robin-home.os', routers: ['relay-home.os'], netKey: file.netKey })
    expect(bytesToHex(ed25519.getPublicKey(open.netKeySeed))).toBe(file.netKey)
    expect(open.jwtSecret).toHaveLength(32)
  })

  test('is a JSON array of six with name and routers in clear, and everything else in bytes of the documented sizes', () => {
    const [name, routers, ...parts] = fields()
    expect([name, routers]).toEqual(['robin-home.os', ['relay-home.os']])
    expect(parts.map((part) => part.length)).toEqual([32, 12 + 83 + 16, 12 + 32 + 16, 12 + 32 + 16])
    expect(readKeyFileHeader(file.bytes)).toEqual({ name: 'robin-home.os', routers: ['relay-home.os'] })
  })

  test('differs each time it is made', async () => {
    const other = await createKeyFile({ name: 'robin-home.os', routers: [], password: 'correct horse' })
    expect(other.netKey).not.toBe(file.netKey)
  })

  test.each([83, 85])(
    'made by other hands with the documented algorithm opens, with a document of %i bytes',
    async (size) => {
      const seed = hexToBytes('0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
      const publicKey = ed25519.getPublicKey(seed)
      const head = size === 83 ? '0x3051020101300506032b657004220420' : '0x3053020101300506032b657004220420'
      const middle = size === 83 ? '0x812100' : '0xa123032100'
      const document = concatBytes(hexToBytes(head), seed, hexToBytes(middle), publicKey)
      expect(document).toHaveLength(size)

      const parameters = { m: 19_456, t: 2, p: 1, dkLen: 32 }
      const passwordHash = bytesToHex(argon2id('pass', utf8ToBytes('foo.osfoo.os'), parameters))
      const salt = crypto.getRandomValues(new Uint8Array(32))
      const base = await crypto.subtle.importKey('raw', Buffer.from(passwordHash), 'PBKDF2', false, ['deriveKey'])
      const diskKey = await crypto.subtle.deriveKey(
        { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 1_000_000 },
        base,
        { name: 'AES-GCM', length: 256 },
        false,
        ['encrypt'],
      )
      async function seal(plaintext: Uint8Array): Promise<number[]> {
        const iv = crypto.getRandomValues(new Uint8Array(12))
        const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, diskKey, Buffer.from(plaintext))
        return [...iv, ...new Uint8Array(sealed)]
      }
      const sealed = [await seal(document), await seal(Uint8Array.of(7, 8)), await seal(new Uint8Array(32))]
      const bytes = utf8ToBytes(JSON.stringify(['foo.os', [], [...salt], ...sealed]))

      expect(await hashPassword('foo.os', 'pass')).toBe(passwordHash)
      const open = await openKeyFile(bytes, passwordHash)
      expect(open).toMatchObject({ name: 'foo.os', routers: [], netKey: bytesToHex(publicKey) })
      expect([open.netKeySeed, open.jwtSecret]).toEqual([seed, Uint8Array.of(7, 8)])
    },
  )

  test('refuses another password, and says that damage to all parts looks the same', async () => {
    const error = await failure(openKeyFile(file.bytes, await hashPassword('robin-home.os', 'wrong horse')))
    expect(error.code).toBe('wrong-password')
    expect(error.message).toBe(
      'Cannot open key file of "robin-home.os": the password is wrong, or the encrypted bytes are damaged',
    )
  })

  test.each<[string, Parameters<typeof withFields>[0], string]>([
    ['networking key', (f) => flip(f[3], 50), 'the encrypted networking key was changed'],
    ['JWT secret', (f) => flip(f[4], 0), 'the encrypted JWT secret was changed'],
    ['file key', (f) => flip(f[5], 59), 'the encrypted file key was changed'],
  ])(
    'with one changed bit in its %s is called damaged there, because other parts still open',
    async (_, change, text) => {
      const error = await failure(openKeyFile(withFields(change), hash))
      expect(error.code).toBe('key-file-corrupt')
      expect(error.message).toContain(text)
    },
  )

  test('with a changed salt cannot be told from one opened with a wrong password', async () => {
    expect(
      (
        await failure(
          openKeyFile(
            withFields((f) => flip(f[2], 0)),
            hash,
          ),
        )
      ).code,
    ).toBe('wrong-password')
  })

  test.each<[string, Uint8Array | Parameters<typeof withFields>[0], string]>([
    ['is empty', new Uint8Array(0), 'the file is empty'],
    ['is not text', Uint8Array.of(0xff, 0xfe), 'the file is not text, expected a JSON array of six'],
    [
      'was cut short',
      utf8ToBytes('["robin-home.os",["relay'),
      'the file is not valid JSON: it was cut short or edited',
    ],
    ['is too long', new Uint8Array(65_537), 'the file is 65537 bytes long, expected at most 65536'],
    ['is an object', () => ({}), 'the file is not a JSON array'],
    ['has five fields', (f) => f.slice(0, 5), 'the file has 5 fields, expected 6'],
    ['has a name in capitals', (f) => void (f[0] = 'Robin.os'), 'field 0 (name) is not a name'],
    ['has an empty name', (f) => void (f[0] = ''), 'field 0 (name) is not a name'],
    [
      'has no list of routers',
      (f) => void (f[1] = null as unknown as string[]),
      'field 1 (routers) is not an array of names',
    ],
    ['has a router that is no name', (f) => void (f[1] = ['a.os', '..']), 'field 1 (routers), item 1, is not a name'],
    ['has a short salt', (f) => void f[2].pop(), 'field 2 (salt) is 31 bytes long, expected 32'],
    ['has a byte of 256', (f) => void (f[2][3] = 256), 'field 2 (salt) has no byte at position 3'],
    ['has a long key', (f) => void f[3].push(0), 'field 3 (networking key) is 112 bytes long, expected 111 or 113'],
    ['has no JWT secret', (f) => void (f[4] = []), 'field 4 (JWT secret) is 0 bytes long, expected 29 to 1024'],
    ['has text for a file key', (f) => void (f[5] = 'x' as unknown as number[]), 'field 5 (file key) is not an array'],
  ])('that %s is refused before any key is derived', async (_, change, text) => {
    const bytes = change instanceof Uint8Array ? change : withFields(change)
    const error = await failure(openKeyFile(bytes, hash))
    expect(error.code).toBe('key-file-corrupt')
    expect(error.message).toContain(`Cannot read key file: ${text}`)
  })

  test('never shows its secrets in an error', async () => {
    const { netKeySeed } = await openKeyFile(file.bytes, hash)
    const errors = [
      await failure(
        openKeyFile(
          withFields((f) => flip(f[3], 1)),
          hash,
        ),
      ),
      await failure(openKeyFile(file.bytes, `0x${'0'.repeat(64)}`)),
    ]
    for (const error of errors) {
      const text = JSON.stringify([error.message, error.hint, error.problem])
      expect(text).not.toContain(hash.slice(2))
      expect(text).not.toContain(bytesToHex(netKeySeed).slice(2))
    }
  })

  test('is not made without a password', async () => {
    const error = await failure(createKeyFile({ name: 'a.os', routers: [], password: '' }))
    expect(error.message).toBe('Cannot create key file of "a.os": the password has 0 characters, expected 1 to 1024')
  })
})

describe('the salt of a password', () => {
  test.each([
    ['alice-home.os', 'alice-home.os'],
    ['abcdefgh', 'abcdefgh'],
    ['abcdefg', 'abcdefgabcdefg'],
    ['a.os', 'a.osa.osa.os'],
    ['os', 'ososososos'],
  ])('of %s is %s', (name, salt) => {
    expect(passwordSalt(name)).toBe(salt)
  })
})

describe('the key file of a home folder', () => {
  test('is readable by its owner only, leaves no partial file, and comes back whole', async () => {
    const home = await mkdtemp(join(tmpdir(), 'hyperware-keys-'))
    await writeKeyFile(home, file.bytes)
    expect((await stat(join(home, '.keys'))).mode & 0o777).toBe(0o600)
    expect(await readdir(home)).toEqual(['.keys'])
    expect(await readKeyFile(home)).toEqual(file.bytes)
  })

  test('is not replaced unless asked for', async () => {
    const home = await mkdtemp(join(tmpdir(), 'hyperware-keys-'))
    await writeFile(join(home, '.keys'), 'old')
    expect((await failure(writeKeyFile(home, file.bytes))).code).toBe('key-file-exists')
    await writeKeyFile(home, file.bytes, { replace: true })
    expect(await readKeyFile(home)).toEqual(file.bytes)
  })

  test('that is missing is named with its path', async () => {
    const home = await mkdtemp(join(tmpdir(), 'hyperware-keys-'))
    const error = await failure(readKeyFile(home))
    expect(error.message).toBe(`Cannot read key file "${join(home, '.keys')}": there is none`)
  })
})
