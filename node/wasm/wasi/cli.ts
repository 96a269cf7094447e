import { HostExit, hostFunction, list, option, own, result, string, tuple, u8 } from '../component/shape.ts'
import type { WasiInterface } from './host.ts'
import { type InputStream, type OutputStream, inputStream, outputStream } from './io.ts'

const STDIN: InputStream = { kind: 'closed' }
const STDOUT: OutputStream = { kind: 'discard' }
const STDERR: OutputStream = { kind: 'stderr' }

export const ENVIRONMENT: WasiInterface = {
  functions: {
    'get-environment': hostFunction({}, list(tuple(string, string)), () => []),
    'get-arguments': hostFunction({}, list(string), () => []),
    'initial-cwd': hostFunction({}, option(string), () => undefined),
  },
}

export const EXIT: WasiInterface = {
  functions: {
    exit: hostFunction({ status: result(undefined, undefined) }, undefined, (_host, { status }) => {
      throw new HostExit('ok' in status)
    }),
    'exit-with-code': hostFunction({ statusCode: u8 }, undefined, (_host, { statusCode }) => {
      throw new HostExit(statusCode === 0)
    }),
  },
}

export const STDIN_INTERFACE: WasiInterface = { functions: { 'get-stdin': hostFunction({}, inputStream, () => STDIN) } }

export const STDOUT_INTERFACE: WasiInterface = {
  functions: { 'get-stdout': hostFunction({}, outputStream, () => STDOUT) },
}

export const STDERR_INTERFACE: WasiInterface = {
  functions: { 'get-stderr': hostFunction({}, outputStream, () => STDERR) },
}

/** None of the three streams is a terminal. */
function terminal(stream: string, resource: string): WasiInterface {
  return { functions: { [`get-terminal-${stream}`]: hostFunction({}, option(own(resource)), () => undefined) } }
}

export const TERMINAL_STDIN = terminal('stdin', 'terminal-input')
export const TERMINAL_STDOUT = terminal('stdout', 'terminal-output')
export const TERMINAL_STDERR = terminal('stderr', 'terminal-output')
