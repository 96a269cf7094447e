import { createPrivateKey, createPublicKey } from 'node:crypto'
import { keccak256, stringToBytes, toBytes } from 'viem'
import {
  encodeIp,
  encodeNetKey,
  encodePort,
  encodeRouters,
  namehash,
  packageIdOfEntry,
  parseName,
  utf8ToBytes,
  type Hex,
  type Name,
} from '@hyperware/protocol'
import type { LabelledData } from '../../onchain/entries.ts'

/** An entry to mint: its owner is a development account, by number. */
export type SeedEntry = { name: Name; owner: number; writes: readonly LabelledData[] }

/** PKCS #8 before the 32-byte seed of an Ed25519 key. */
const ED25519_PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * The networking key of a name that exists in the figures only. Derived from a fixed phrase, so that every network has
 * the same; no node runs under it, and none should.
 */
export function figureNetKey(name: string): Hex {
  const seed = toBytes(keccak256(stringToBytes(`hyperware figure ${name}`)))
  const der = Buffer.concat([ED25519_PKCS8_PREFIX, seed])
  const spki = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  })
  return `0x${spki.subarray(-32).toString('hex')}`
}

/** The metadata.json of a package, in the fields of the paper's Fig. 11. */
export function figureMetadata(name: Name): string {
  const { package: packageName, publisher } = packageIdOfEntry(name) ?? { package: name, publisher: '' }
  return JSON.stringify({
    name: packageName,
    description: `The package ${packageName} of ${publisher}, as drawn in the whitepaper.`,
    image: '',
    properties: {
      package_name: packageName,
      current_version: '0.1.0',
      publisher,
      mirrors: [],
      code_hashes: {},
      wit_version: 1,
      dependencies: [],
    },
    external_url: 'https://hyperware.ai',
    animation_url: '',
  })
}

const netKey = (name: string): LabelledData => ({ label: '~net-key', data: encodeNetKey(figureNetKey(name)) })
const routers = (...names: readonly string[]): LabelledData => ({
  label: '~routers',
  data: encodeRouters(names.map((name) => namehash(parseName(name)))),
})
const port = (label: '~tcp-port' | '~ws-port', value: number): LabelledData => ({ label, data: encodePort(value) })
const text = (label: string, value: string): LabelledData => ({ label, data: utf8ToBytes(value) })

/** The two notes of a package. The address holds the metadata itself, so it resolves without any server. */
function packageNotes(name: string): LabelledData[] {
  const metadata = figureMetadata(parseName(name))
  const uri = `data:application/json;base64,${Buffer.from(metadata).toString('base64')}`
  return [text('~metadata-hash', keccak256(stringToBytes(metadata))), text('~metadata-uri', uri)]
}

const entry = (name: string, owner: number, ...writes: readonly LabelledData[]): SeedEntry => ({
  name: parseName(name),
  owner,
  writes,
})

/** Owner of the root and of the three zones: the account that every tool for development chains takes first. */
export const ZONE_OWNER = 0

/**
 * The trees of the paper's Fig. 2 and Fig. 10 in one, parents before children. `hypr` and `eth` are top-level zones, as
 * the text around Fig. 2 says. Addresses are of the range that is reserved for documentation, so nobody dials them.
 */
export function figureEntries(): readonly SeedEntry[] {
  return [
    entry(
      'foo.os',
      4,
      { label: '~ip', data: encodeIp('192.0.2.10') },
      port('~ws-port', 9000),
      port('~tcp-port', 10_000),
      netKey('foo.os'),
    ),
    entry('bar.os', 5, routers('foo.os'), netKey('bar.os')),
    entry('baz.hypr', 6),
    entry(
      'package.baz.hypr',
      6,
      ...packageNotes('package.baz.hypr'),
      text('!this-is-permanent', 'written once, for good'),
      text('~this-is-mutable', 'may be written again'),
    ),
    entry('alice.eth', 7, routers('foo.os'), netKey('alice.eth')),
    entry('bob.eth', 8, routers('foo.os'), netKey('bob.eth')),
    entry('foos-app.foo.os', 4, ...packageNotes('foos-app.foo.os')),
    entry('bar.hypr', 9),
    entry('baz.bar.hypr', 9, ...packageNotes('baz.bar.hypr')),
    entry('bam.bar.hypr', 9, netKey('bam.bar.hypr'), routers('foo.os'), ...packageNotes('bam.bar.hypr')),
    entry('boozle.bam.bar.hypr', 9, ...packageNotes('boozle.bam.bar.hypr')),
  ]
}
