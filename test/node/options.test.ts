import { describe, expect, test } from 'vitest'
import { parseOptions } from '../../node/options.ts'

const NEEDED = [
  '--home',
  'home',
  '--rpc',
  'http://127.0.0.1:8545',
  '--graphql',
  'http://127.0.0.1/graphql',
  '--http-port',
  '8080',
]

describe('the options of a node', () => {
  test('have sensible defaults', () => {
    expect(parseOptions(NEEDED)).toEqual({
      home: 'home',
      rpcUrl: 'http://127.0.0.1:8545',
      graphqlUrl: 'http://127.0.0.1/graphql',
      httpPort: 8_080,
      chainId: 31_337,
      maxPassthroughs: 0,
      processMemoryBytes: undefined,
      indexPatienceSeconds: 0,
      passwordFile: undefined,
      packages: undefined,
      verbosity: 0,
      processVerbosity: new Map(),
      logging: true,
      logFiles: 4,
      maxLogBytes: 16_000_000,
      detached: false,
      json: false,
      logLevel: 'info',
    })
  })

  test('say how much memory all processes may have together', () => {
    expect(parseOptions([...NEEDED, '--max-process-memory', '134217728'])?.processMemoryBytes).toBe(128 * 1_048_576)
  })

  test('ask for help with nothing else needed', () => {
    expect(parseOptions(['--help'])).toBeUndefined()
  })

  test.each([
    [[], '--home is missing'],
    [NEEDED.slice(0, 6), '--http-port is missing'],
    [[...NEEDED, '--http-port', '65536'], '--http-port is "65536", expected a whole number from 0 to 65535'],
    [[...NEEDED, '--http-port', '-1'], /--http-port/],
    [[...NEEDED, '--rpc', 'ws://127.0.0.1'], '--rpc is "ws://127.0.0.1", expected an http:// or https:// address'],
    [[...NEEDED, '--graphql', 'nonsense'], '--graphql is "nonsense", expected an http:// or https:// address'],
    [
      [...NEEDED, '--rpc', 'wss://me:secret@host/x'],
      '--rpc is "wss://host/x", expected an http:// or https:// address',
    ],
    [[...NEEDED, '--rpc', 'me:sec\nret@host'], '--rpc is "host", expected'],
    [[...NEEDED, '--graphql', 'https://me:se/c@ret@ho st'], '--graphql is "https://ho st", expected'],
    [[...NEEDED, '--log-level', 'loud'], '--log-level is "loud", expected debug, info, warn, error'],
    [[...NEEDED, '--verbosity', '5'], '--verbosity is "5", expected a whole number from 0 to 4'],
    [[...NEEDED, '--number-log-files', '1001'], /--number-log-files is "1001"/],
    [[...NEEDED, '--max-log-size', 'large'], /--max-log-size is "large"/],
    [[...NEEDED, '--max-process-memory', 'all'], /--max-process-memory is "all", expected a whole number/],
    [
      [...NEEDED, '--max-process-memory', '134217727'],
      '--max-process-memory is "134217727", expected at least 134217728 bytes',
    ],
    [[...NEEDED, '--process-verbosity', '{"chat":1}'], /--process-verbosity/],
    [[...NEEDED, '--fast'], /Unknown option '--fast'/],
    [[...NEEDED, 'extra'], /extra/],
  ])('%j are refused', (args, problem) => {
    expect(() => parseOptions(args)).toThrow(problem)
  })
})
