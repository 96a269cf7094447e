import { expect, test } from 'vitest'
import type { Step } from './scenario-form.ts'
import { scriptOf } from './scenario-script.ts'

const as = 'a'
const asked: Step = { as, await: { to: 'our@b:test:alice.os', expects: 5 } }

test('a script has one call of each step until the process ends, and none of what is expected', () => {
  const steps: Step[] = [
    asked,
    { as, awaited: 'nothing' },
    { as, awaited: { error: 'timeout' } },
    { as, receive: 'nothing' },
    { as, receive: { request: { body: 'hi' } } },
    { as, receive: { request: { body: 'ho' } } },
    { as, getState: null },
    { as, runs: true },
    { as, exit: 'returned' },
    { as, setState: 'of the next instance' },
  ]
  expect(scriptOf(steps)).toEqual([
    { await: { to: 'our@b:test:alice.os', expects: 5 } },
    { receive: true },
    { receive: true },
    { getState: true },
    { exit: 'returned' },
  ])
})

test('a call that traps is the last of its script', () => {
  expect(scriptOf([asked, { as, awaited: { trap: true } }, { as, setState: 'of the next instance' }])).toHaveLength(1)
})

test.for<{ what: string; steps: Step[]; problem: string }>([
  {
    what: 'a call of a process that waits',
    steps: [asked, { as, clearState: true }],
    problem: 'still waits for what its await gives',
  },
  {
    what: 'two calls in a step',
    steps: [{ as, clearState: true, getState: null }],
    problem: 'expected one call in a step',
  },
])('$what is refused', ({ steps, problem }) => {
  expect(() => scriptOf(steps)).toThrow(problem)
})
