import type { HnsNote, Namehash } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { type IdentityColumns, deriveIdentity, isEmptyIdentity } from '../../../indexer/src/derive/identity.ts'

const KEY = `0x${'11'.repeat(32)}` as const
const ROUTER = `0x${'22'.repeat(32)}` as Namehash
const key: HnsNote = { label: '~net-key', key: KEY }
const ip: HnsNote = { label: '~ip', ip: '127.0.0.1' }
const tcp: HnsNote = { label: '~tcp-port', port: 9000 }
const routers: HnsNote = { label: '~routers', routers: [ROUTER] }

function after(...notes: (HnsNote | undefined)[]): IdentityColumns {
  let columns: IdentityColumns | null = null
  for (const note of notes) columns = deriveIdentity(columns, note)
  if (columns === null) throw new Error('Cannot derive from no notes')
  return columns
}

describe('the kind of a node', () => {
  test.each<[string, (HnsNote | undefined)[], IdentityColumns['kind']]>([
    ['a key alone', [key], 'incomplete'],
    ['an address without a key', [ip, tcp], 'incomplete'],
    ['a key, an address and a port', [key, ip, tcp], 'direct'],
    ['a key and an address', [key, ip], 'incomplete'],
    ['a key and routers', [key, routers], 'indirect'],
    ['routers after an address', [key, ip, tcp, routers], 'indirect'],
    ['an address after routers', [key, routers, ip, tcp], 'direct'],
    ['a cleared key', [key, routers, { label: '~net-key', cleared: true }], 'incomplete'],
    ['port 0', [key, ip, { label: '~tcp-port', port: 0 }], 'incomplete'],
    ['a note that cannot be read', [key, ip, tcp, undefined], 'direct'],
    ['nothing but a note that cannot be read', [undefined], 'incomplete'],
  ])('%s', (_what, notes, kind) => {
    expect(after(...notes).kind).toBe(kind)
  })
})

test('every value has its column', () => {
  const ports = (['~tcp-port', '~ws-port', '~udp-port', '~wt-port'] as const).map((label, index): HnsNote => ({
    label,
    port: 9000 + index,
  }))
  expect(after(key, ip, ...ports)).toEqual({
    kind: 'direct',
    netKey: KEY,
    ip: '127.0.0.1',
    tcpPort: 9000,
    wsPort: 9001,
    udpPort: 9002,
    wtPort: 9003,
    routers: [],
  })
})

test('routers take the address and the ports away', () => {
  expect(after(key, ip, tcp, routers)).toMatchObject({ ip: null, tcpPort: null, routers: [ROUTER] })
})

test('an identity is empty once every note is cleared, and not before', () => {
  const cleared: HnsNote[] = [
    { label: '~net-key', cleared: true },
    { label: '~routers', cleared: true },
  ]
  expect(isEmptyIdentity(after(key, routers))).toBe(false)
  expect(isEmptyIdentity(after(key, routers, ...cleared.slice(0, 1)))).toBe(false)
  expect(isEmptyIdentity(after(key, routers, ...cleared))).toBe(true)
})
