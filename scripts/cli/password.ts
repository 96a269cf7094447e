import { readFileSync } from 'node:fs'
import { CommandError } from '../errors.ts'
import type { CommandIo } from './io.ts'

const ENVIRONMENT = 'HYPERWARE_PASSWORD'
const LENGTH_MAX = 1_024

function readFromFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? ''
  } catch (cause) {
    const problem = { code: 'usage', argument: '--password-file', value: file } as const
    throw new CommandError(problem, `Cannot read the password from "${file}": ${(cause as Error).message}`, { cause })
  }
}

/** Asks on the terminal, without showing what is typed. Undefined when the input ends or Ctrl-C is pressed. */
function ask(question: string): Promise<string | undefined> {
  const { stdin, stderr } = process
  stdin.setRawMode(true) // before the question, or what is typed at once would be shown
  stderr.write(question)
  stdin.resume()
  return new Promise((resolve) => {
    let typed = ''
    const finish = (answer: string | undefined) => {
      stdin.setRawMode(false)
      stdin.pause()
      stdin.removeListener('data', read)
      stderr.write('\n')
      resolve(answer)
    }
    const read = (chunk: Buffer) => {
      for (const character of chunk.toString('utf8')) {
        if (character === '\r' || character === '\n') return finish(typed)
        if (character === '\u0003' || character === '\u0004') return finish(undefined)
        if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1)
        else if (character >= ' ' && typed.length <= LENGTH_MAX) typed += character
      }
    }
    stdin.on('data', read)
  })
}

/**
 * A password from a file, the environment or the terminal, in this order. Never from an argument, which other users of
 * the machine can see.
 *
 * @param input.confirm asks twice on the terminal, for a password that is being set.
 * @throws CommandError `usage` when there is none, or the two differ.
 */
export async function readPassword(
  io: CommandIo,
  input: { file?: string | undefined; confirm?: boolean },
): Promise<string> {
  const refuse = (detail: string) =>
    new CommandError({ code: 'usage', argument: 'password', value: '' }, `Cannot go on without a password: ${detail}`, {
      hint: `type it on a terminal, put it in the environment variable ${ENVIRONMENT}, or use --password-file`,
    })
  const given = input.file === undefined ? io.env[ENVIRONMENT] : readFromFile(input.file)
  if (given !== undefined) {
    if (given.length >= 1 && given.length <= LENGTH_MAX) return given
    throw refuse(`it has ${given.length} characters, expected 1 to ${LENGTH_MAX}`)
  }
  if (!process.stdin.isTTY) throw refuse('none was given')
  const first = await ask('Password: ')
  if (first === undefined || first === '') throw refuse('none was given')
  if (input.confirm === true && (await ask('Again: ')) !== first) throw refuse('the two differ')
  return first
}
