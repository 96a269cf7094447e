import { InvalidArgumentError, Option } from 'commander'
import { isHypermapSafe, NameError, parseName, type Name, type PackageId } from '@hyperware/protocol'

/** Where a development network lives unless told otherwise, in the current folder. */
export const DEFAULT_HOME = '.hyperware'

/** Reads a name argument; commander prints what is wrong with it and ends with the usage exit code. */
export function nameArgument(text: string): Name {
  try {
    const name = parseName(text)
    if (name !== '') return name
    throw new InvalidArgumentError('Expected a name such as "alice-home.os", not the root.')
  } catch (error) {
    if (!(error instanceof NameError)) throw error
    throw new InvalidArgumentError(error.hint === undefined ? `${error.message}.` : `${error.message}. ${error.hint}.`)
  }
}

/** Reads names with commas between. */
export function namesArgument(text: string): readonly Name[] {
  return text.split(',').map((name) => nameArgument(name.trim()))
}

/** Reads the id of a package, such as `hello:example.os`. */
export function packageArgument(text: string): PackageId {
  const [name = '', publisher = '', ...more] = text.split(':')
  const id = { package: name, publisher }
  if (more.length === 0 && isHypermapSafe({ ...id, process: name })) return id
  throw new InvalidArgumentError('Expected package:publisher, such as hello:example.os.')
}

/** Reads a whole number within bounds. */
export function integerArgument(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= minimum && value <= maximum) return value
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`)
  }
}

/** Reads an http or https URL. */
export function urlArgument(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return text.replace(/\/$/, '')
  throw new InvalidArgumentError('Expected a URL such as http://127.0.0.1:8545.')
}

export const networkOption = () =>
  new Option('--network <dir>', 'home of the running network to work with').default(DEFAULT_HOME)
export const jsonOption = () => new Option('--json', 'print the result as JSON on one line, for scripts')
export const rpcOption = () =>
  new Option('--rpc <url>', 'chain to use, instead of the running network').argParser(urlArgument)
export const graphqlOption = () =>
  new Option('--graphql <url>', 'index to ask, instead of the running network').argParser(urlArgument)
export const accountOption = () =>
  new Option('--account <n>', 'development account (0 to 9) that signs; default: the owner').argParser(
    integerArgument(0, 9),
  )
