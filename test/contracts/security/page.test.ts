import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = readFileSync(`${root}/contracts/SECURITY.md`, 'utf8')

/** How many classes the public list has. */
const CLASSES = 38

const answers = page
  .split(/^### /m)
  .slice(1)
  .map((section) => {
    const tests = [...section.matchAll(/^(?:Tests|Proofs): ([\s\S]*?)\.$/gm)].map((match) => match[1]).join()
    const title = section.split('\n')[0] ?? ''
    const isReasoned = /^Reason: /m.test(section)
    return { title, isReasoned, tests: [...tests.matchAll(/`([^`]+)`/g)].flatMap((match) => match[1] ?? []) }
  })

test('every class of the list is answered once, in order, by tests or a reason', () => {
  expect(answers.map(({ title }) => Number.parseInt(title, 10))).toEqual(
    Array.from({ length: CLASSES }, (_, index) => index + 1),
  )
  expect(
    answers.filter(({ tests, isReasoned }) => tests.length === 0 && !isReasoned).map(({ title }) => title),
  ).toEqual([])
})

test('every test and every proof that an answer names exists', () => {
  const solidity = globSync('test/contracts/**/*.sol', { cwd: root })
  const inSolidity = solidity.flatMap((file) =>
    [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/function (\w+)\(/g)].map((match) => match[1]),
  )
  const typescript = globSync('test/contracts/{model,security}/*.test.ts', { cwd: root })
  const inTypescript = typescript.flatMap((file) =>
    [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/^test\(\s*['"`](.+?)['"`],/gm)].map((match) => match[1]),
  )
  const proofs = globSync('test/proofs/*Proofs.sol', { cwd: root }).flatMap((file) =>
    [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/^contract (\w+)/gm)].map((match) => match[1]),
  )
  const known = new Set([...inSolidity, ...inTypescript, ...proofs])
  const unknown = answers.flatMap(({ title, tests }) =>
    tests.filter((name) => !known.has(name)).map((name) => ({ title, name })),
  )
  expect(unknown).toEqual([])
})
