import type { Expected, Step } from './scenario-form.ts'

const sent = { as: 'a', send: { to: 'our@a:test:alice.os', body: 'hi', blob: 'x', expects: 5, context: 'c' } }
const asked = { as: 'a', await: { to: 'our@nobody:test:alice.os', expects: 5, blob: 'x' } }

/** Steps of a public process `a`, the last of which expects what does not come. */
export const WRONG: readonly { what: string; steps: Step[]; problem: RegExp }[] = [
  { what: 'a message that nobody sent', steps: [{ as: 'a', receive: { request: {} } }], problem: /nothing came/ },
  { what: 'another body', steps: [sent, receives({ request: { body: 'ho' } })], problem: /'hi'.*'ho'/ },
  { what: 'another source', steps: [sent, receives({ request: { from: 'bob.os@a:b:c' } })], problem: /'bob.os@a:b:c'/ },
  { what: 'another blob', steps: [sent, receives({ request: { blob: 'y' } })], problem: /mime/ },
  { what: 'no blob', steps: [sent, receives({ request: { blob: null } })], problem: /null/ },
  { what: 'another deadline', steps: [sent, receives({ request: { expects: 6 } })], problem: /expected 5 to be 6/ },
  { what: 'a capability', steps: [sent, receives({ request: { capabilities: ['network'] } })], problem: /\[\]/ },
  { what: 'a response', steps: [sent, receives({ response: {} })], problem: /another kind/ },
  { what: 'silence', steps: [sent, receives('nothing')], problem: /nothing/ },
  { what: 'an await that waits', steps: [asked, { as: 'a', awaited: 'nothing' }], problem: /nothing/ },
  { what: 'an error of another kind', steps: [asked, { as: 'a', awaited: { error: 'offline' } }], problem: /offline/ },
  {
    what: 'another blob in an error',
    steps: [asked, { as: 'a', awaited: { error: 'timeout', blob: 'y' } }],
    problem: /mime/,
  },
  { what: 'a trap', steps: [asked, { as: 'a', awaited: { trap: true } }], problem: /expected a call/ },
  {
    what: 'a trap of a call that waits',
    steps: [
      { as: 'a', await: { to: 'our@a:test:alice.os', expects: 9 } },
      { as: 'a', awaited: { trap: true } },
    ],
    problem: /nothing came/,
  },
  {
    what: 'an answer to a call that traps',
    steps: [
      { as: 'a', await: { to: 'our@b:test:alice.os' } },
      { as: 'a', awaited: { error: 'timeout' } },
    ],
    problem: /expected a report/,
  },
  {
    what: 'other state',
    steps: [
      { as: 'a', setState: '1' },
      { as: 'a', getState: '2' },
    ],
    problem: /'31' to be '32'/,
  },
  { what: 'other capabilities', steps: [{ as: 'a', capabilities: ['network'] }], problem: /Array\(1\)/ },
  {
    what: 'another end',
    steps: [
      { as: 'a', spawn: { path: '/x' } },
      { as: 'a', spawned: 'name-taken' },
    ],
    problem: /no-file/,
  },
]

function receives(receive: Expected): Step {
  return { as: 'a', receive }
}
