import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { play } from './scenario.ts'
import type { Case } from './scenario-form.ts'

const FOLDER = join(import.meta.dirname, '../../conformance/kernel')
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))

describe.each(files)('%s', (file) => {
  const { cases } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as { cases: Case[] }
  test.each(cases)('$title', (input) => play(input))
})

test('an expectation that does not hold fails, and names its step', async () => {
  const steps = [{ as: 'a', receive: { request: { body: 'what nobody sent' } } }]
  await expect(play({ title: '', processes: { 'a:test:alice.os': {} }, steps })).rejects.toThrow('step 1')
})
