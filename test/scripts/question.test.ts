import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { askLine } from '../../scripts/cli/question.ts'

function ask(typed: string): Promise<string | undefined> {
  const input = new PassThrough()
  const answer = askLine('Go on? ', { input, output: new PassThrough(), terminal: true })
  input.write(typed)
  return answer
}

test.each([
  ['yes\r', 'yes'],
  ['\r', ''],
  ['y\u0003', undefined],
  ['\u0004', undefined],
])('what is typed, %j, is the answer %j', async (typed, answer) => {
  expect(await ask(typed)).toBe(answer)
})
