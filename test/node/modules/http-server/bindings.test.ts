import { describe, expect, test } from 'vitest'
import { parseProcessId, type ProcessId } from '@hyperware/protocol'
import {
  BINDING_PROCESSES_MAX,
  BINDINGS_MAX,
  CONTENT_MAX_BYTES,
  createBindingTable,
  type PathBinding,
} from '../../../../node/modules/http-server/bindings.ts'

const MAIN = parseProcessId('main:app:pub.os')
const OTHER = parseProcessId('other:app:pub.os')
const NONE = new Uint8Array(0)
const DYNAMIC = { authenticated: false, secure: false, localOnly: false, content: undefined }

function openTable(knows: (process: ProcessId) => boolean = () => true) {
  const table = createBindingTable<PathBinding>({ origins: new Map(), knows })
  return {
    ...table,
    at(path: string): string | undefined {
      const found = table.find(path)
      return found === undefined || found === 'unbound' ? found : found.binding.boundPath
    },
  }
}

describe('bindings', () => {
  test.each([
    ['/', '/main:app:pub.os'],
    ['', '/main:app:pub.os'],
    ['/x/', '/main:app:pub.os/x'],
    ['x', '/main:app:pub.os/x'],
    ['/../other:app:pub.os', '/main:app:pub.os/../other:app:pub.os'],
    ['//x', '/main:app:pub.os//x'],
  ])('%j of a process is %s', (path, bound) => {
    const table = openTable()
    expect(table.bind(MAIN, path, DYNAMIC)).toBeUndefined()
    expect(table.at(bound)).toBe(bound)
  })

  test('of the home page have no process id in front, and are found with it as well', () => {
    const table = openTable()
    table.bind(parseProcessId('homepage:homepage:sys'), '/', DYNAMIC)
    table.bind(parseProcessId('homepage:homepage:sys'), '/apps', DYNAMIC)
    expect([table.at('/'), table.at('/apps'), table.at('/none')]).toEqual(['/', '/apps', undefined])
    const id = '/homepage:homepage:sys'
    expect([table.at(id), table.at(`${id}/apps`), table.at(`${id}/none`)]).toEqual(['/', '/apps', undefined])
  })

  test('the one that says most about a path is found, and what is bound again is replaced', () => {
    const table = openTable()
    for (const path of ['/*rest', '/a/:id', '/a/b']) table.bind(MAIN, path, DYNAMIC)
    expect(table.at('/main:app:pub.os/a/b')).toBe('/main:app:pub.os/a/b')
    expect(table.at('/main:app:pub.os/a/c')).toBe('/main:app:pub.os/a/:id')
    expect(table.at('/main:app:pub.os/a/c/d')).toBe('/main:app:pub.os/*rest')
    table.bind(MAIN, '/a/b', { ...DYNAMIC, authenticated: true })
    expect(table.find('/main:app:pub.os/a/b')).toMatchObject({ binding: { authenticated: true } })
  })

  test('a path that was unbound is known to be, so that nothing broader catches it', () => {
    const table = openTable()
    table.bind(MAIN, '/*rest', DYNAMIC)
    table.bind(MAIN, '/a', DYNAMIC)
    table.unbind(MAIN, '/a/')
    expect(table.at('/main:app:pub.os/a')).toBe('unbound')
    table.bind(MAIN, '/a', DYNAMIC)
    expect(table.at('/main:app:pub.os/a')).toBe('/main:app:pub.os/a')
  })

  test('more than a process may have are refused, and others still get theirs', () => {
    const table = openTable()
    for (let index = 0; index < BINDINGS_MAX.patterns; index += 1) table.bind(MAIN, `/${index}/:x`, DYNAMIC)
    expect(table.bind(MAIN, '/more/:x', DYNAMIC)).toEqual({ problem: 'it has 64 such paths already' })
    expect(table.bind(MAIN, '/0/:x', DYNAMIC)).toBeUndefined()
    expect(table.bind(OTHER, '/more/:x', DYNAMIC)).toBeUndefined()
    for (let index = 0; index < BINDINGS_MAX.paths; index += 1) table.unbind(MAIN, `/${index}`)
    expect(table.unbind(MAIN, '/more')).toEqual({ problem: 'it has 4096 such paths already' })
    expect(table.bind(OTHER, 'x'.repeat(3_000), DYNAMIC)).toEqual({ problem: 'its path is longer than 2048' })
  })

  test('content is counted, and given back when it is replaced', () => {
    const table = openTable()
    const half = { ...DYNAMIC, content: { mime: undefined, bytes: new Uint8Array(CONTENT_MAX_BYTES.each / 2 + 1) } }
    expect(table.bind(MAIN, '/a', half)).toBeUndefined()
    expect(table.bind(MAIN, '/a', half)).toBeUndefined()
    expect(table.bind(MAIN, '/b', half)?.problem).toContain('bytes of content')
    expect(table.bind({ ...MAIN, process: 'child' }, '/b', half)?.problem).toContain('bytes of content')
    expect(table.unbind(MAIN, '/a')).toBeUndefined()
    expect(table.bind(MAIN, '/b', half)).toBeUndefined()
  })

  test('a media type is content too, and a path takes room', () => {
    const table = openTable()
    const content = { mime: 'x'.repeat(CONTENT_MAX_BYTES.each - 1_024 - '/main:app:pub.os/a'.length), bytes: NONE }
    expect(table.bind(MAIN, '/a', { ...DYNAMIC, content })).toBeUndefined()
    expect(table.bind(MAIN, '/b', DYNAMIC)?.problem).toContain('bytes of content')
    expect(table.unbind(MAIN, '/a')).toBeUndefined()
    expect(table.bind(MAIN, '/b', DYNAMIC)).toBeUndefined()
  })

  test('of processes that are gone make room when it is needed, not before', () => {
    const gone = new Set<string>()
    const table = openTable(({ process }) => !gone.has(process))
    const nth = (index: number): ProcessId => ({ ...MAIN, process: `p${index}` })
    for (let index = 0; index < BINDING_PROCESSES_MAX; index += 1) table.bind(nth(index), '/', DYNAMIC)
    expect(table.bind(MAIN, '/', DYNAMIC)).toEqual({ problem: '1024 processes have paths' })
    gone.add('p7')
    expect(table.at('/p7:app:pub.os')).toBe('/p7:app:pub.os')
    expect(table.bind(MAIN, '/', DYNAMIC)).toBeUndefined()
    expect([table.at('/p7:app:pub.os'), table.at('/p8:app:pub.os')]).toEqual([undefined, '/p8:app:pub.os'])
  })

  test('content of processes that are gone makes room too', () => {
    const table = openTable((process) => process.package === MAIN.package)
    const content = { mime: undefined, bytes: new Uint8Array(CONTENT_MAX_BYTES.each - 2_048) }
    const whole = { ...DYNAMIC, content }
    for (let index = 0; index < 4; index += 1) {
      expect(table.bind({ ...MAIN, package: `p${index}` }, '/', whole)).toBeUndefined()
    }
    expect(table.bind(MAIN, '/', whole)).toBeUndefined()
  })

  test('two packages whose ids make the same origin do not share it', () => {
    const table = openTable()
    expect(table.bind(parseProcessId('main:chat:template.os'), '/', DYNAMIC)).toBeUndefined()
    expect(table.bind(parseProcessId('other:chat:template.os'), '/', DYNAMIC)).toBeUndefined()
    expect(table.bind(parseProcessId('main:chat-template:os'), '/', DYNAMIC)).toEqual({
      problem: 'its origin "chat-template-os" is that of chat:template.os',
    })
  })
})
