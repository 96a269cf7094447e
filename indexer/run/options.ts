import { parseArgs } from 'node:util'
import { quote, withoutCredentials } from '@hyperware/protocol'
import { DEV_CHAIN_ID } from '../settings.ts'
import { IndexerError } from './errors.ts'

/** What the indexer is started with. */
export type Options = { port: number; rpcUrl: string; dir: string; chainId: number }

export const USAGE = `Usage: node indexer/start.ts --port N --rpc URL --dir DIR [--chain-id N]

Indexes Hypermap and serves it over GraphQL on 127.0.0.1.

  --port N      port of the GraphQL server
  --rpc URL     JSON-RPC of the chain, over http or https
  --dir DIR     folder of the index; what is in it can be rebuilt from the chain
  --chain-id N  chain to expect there (default ${DEV_CHAIN_ID})

Exit codes: 0 stopped, 1 failed, 2 wrong usage, 3 refused (wrong chain, folder in use, port taken)`

/** Reads the command line; undefined when help was asked for. Throws `IndexerError` with code `usage`. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { port, rpc, dir, 'chain-id': chainId, help } = parse(args)
  if (help === true) return undefined
  return {
    port: wholeNumber('--port', required('--port', port), 65535),
    rpcUrl: httpUrl(required('--rpc', rpc)),
    dir: required('--dir', dir),
    chainId: chainId === undefined ? DEV_CHAIN_ID : wholeNumber('--chain-id', chainId, Number.MAX_SAFE_INTEGER),
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    const options = {
      port: text,
      rpc: text,
      dir: text,
      'chain-id': text,
      help: { type: 'boolean', short: 'h' },
    } as const
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (error) {
    throw usage(
      'command line',
      `Cannot read the command line: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function required(argument: string, value: string | undefined): string {
  if (value === undefined || value === '') throw usage(argument, `Cannot start the indexer: ${argument} is missing`)
  return value
}

function wholeNumber(argument: string, text: string, maximum: number): number {
  const value = Number(text)
  if (!/^[0-9]+$/.test(text) || value < 1 || value > maximum) {
    throw usage(
      argument,
      `Cannot read ${argument} ${JSON.stringify(text)}: expected a whole number from 1 to ${maximum}`,
    )
  }
  return value
}

function httpUrl(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw usage(
      '--rpc',
      `Cannot read --rpc ${quote(withoutCredentials(text))}: expected an address that starts with http:// or https://`,
    )
  }
  return url.href
}

function usage(argument: string, message: string): IndexerError {
  return new IndexerError({ code: 'usage', argument }, message, { hint: 'node indexer/start.ts --help' })
}
