import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { play } from './scenario.ts'
import { castComponents, castJco } from './scenario-components.ts'
import type { Case } from './scenario-form.ts'
import type { Cast } from './scenario-gate.ts'
import type { Witness } from './scenario-guest.ts'
import { castPuppets } from './scenario-puppets.ts'
import { WRONG } from './scenario-wrong.ts'

const FOLDER = join(import.meta.dirname, '../../conformance/kernel')
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))

const CASTS: Readonly<Record<string, () => Cast | Promise<Cast>>> = {
  'puppets before the kernel': castPuppets,
  'components, as a node runs them': castComponents,
  'components, as jco runs them': castJco,
}

describe.each(Object.entries(CASTS))('%s', (_, assemble) => {
  let cast: Cast
  beforeAll(async () => {
    cast = await assemble()
  })
  afterAll(() => cast.close())

  test.each(WRONG)('notices, at its step: $what', async ({ steps, problem }) => {
    const input = { title: '', processes: { 'a:test:alice.os': { public: true } }, steps }
    const failure = await play(input, cast).then(
      () => undefined,
      (error: unknown) => error,
    )
    const cause = failure instanceof Error && failure.cause instanceof Error ? failure.cause.message : ''
    expect(failure).toMatchObject({ message: expect.stringContaining(`step ${steps.length},`) as string })
    expect(cause).toMatch(problem)
  })

  describe.each(FILES)('%s', (file) => {
    const { cases } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as { cases: Case[] }
    test.each(cases)('$title', async (input) => {
      const seen = await play(input, cast)
      // What a case leaves open is the same everywhere, too.
      expect(seen.map(withoutBlobFunctions)).toEqual(await play(input, castPuppets()))
    })
  })
})

function withoutBlobFunctions({ id, report }: Witness): Witness {
  const { hasBlob: _has, lastBlob: _last, ...rest } = report
  return { id, report: rest }
}
