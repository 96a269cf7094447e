import { expect, test } from 'vitest'
import { readGuestC } from './guests.ts'
import { findScript, readPuppet, withScript } from './puppet.ts'

test('a puppet has the script it was given last, and is as long as before', () => {
  const puppet = readPuppet()
  expect(findScript(puppet)).toBe('[]')
  const given = withScript(withScript(puppet, '[{"receive":true}]'), '["é"]')
  expect(findScript(given)).toBe('["é"]')
  expect(given).toHaveLength(puppet.length)
  expect(withScript(given, '[]')).toEqual(puppet)
})

test('other components have no script', () => {
  const guest = readGuestC()
  expect(findScript(guest)).toBeUndefined()
  expect(() => withScript(guest, '[]')).toThrow(
    `Cannot give a script to ${guest.length} bytes: expected a puppet, which has puppet script: in it`,
  )
})

test('a script that a puppet could not read is refused', () => {
  const puppet = readPuppet()
  const longest = `["${'x'.repeat(49_133)}"]`
  expect(findScript(withScript(puppet, longest))).toBe(longest)
  expect(() => withScript(puppet, `${longest} `)).toThrow(
    'Cannot give a puppet a script of 49138 bytes, expected at most 49137',
  )
  expect(() => withScript(puppet, JSON.stringify(['\u0001']))).toThrow(
    'Cannot give a puppet a script with \\u escapes: it reads none',
  )
})
