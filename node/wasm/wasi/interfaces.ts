import * as cli from './cli.ts'
import * as denied from './denied.ts'
import type { WasiInterface } from './host.ts'
import * as io from './io.ts'
import * as machine from './machine.ts'

export type { WasiHost } from './host.ts'

const TYPES_ONLY: WasiInterface = { functions: {} }

/** The command line set of WASI 0.2, which every process may import, and nothing else of WASI. */
export const WASI_INTERFACES: Readonly<Record<string, WasiInterface>> = {
  'wasi:cli/environment': cli.ENVIRONMENT,
  'wasi:cli/exit': cli.EXIT,
  'wasi:cli/stdin': cli.STDIN_INTERFACE,
  'wasi:cli/stdout': cli.STDOUT_INTERFACE,
  'wasi:cli/stderr': cli.STDERR_INTERFACE,
  'wasi:cli/terminal-input': TYPES_ONLY,
  'wasi:cli/terminal-output': TYPES_ONLY,
  'wasi:cli/terminal-stdin': cli.TERMINAL_STDIN,
  'wasi:cli/terminal-stdout': cli.TERMINAL_STDOUT,
  'wasi:cli/terminal-stderr': cli.TERMINAL_STDERR,
  'wasi:clocks/monotonic-clock': machine.MONOTONIC_CLOCK,
  'wasi:clocks/wall-clock': machine.WALL_CLOCK,
  'wasi:random/random': machine.RANDOM,
  'wasi:random/insecure': machine.INSECURE,
  'wasi:random/insecure-seed': machine.INSECURE_SEED,
  'wasi:io/error': io.ERROR,
  'wasi:io/poll': io.POLL,
  'wasi:io/streams': io.STREAMS,
  'wasi:filesystem/types': denied.FILES,
  'wasi:filesystem/preopens': denied.PREOPENS,
  'wasi:sockets/network': denied.NETWORK,
  'wasi:sockets/instance-network': denied.INSTANCE_NETWORK,
  'wasi:sockets/ip-name-lookup': denied.NAME_LOOKUP,
  'wasi:sockets/tcp': denied.TCP,
  'wasi:sockets/tcp-create-socket': denied.TCP_CREATE,
  'wasi:sockets/udp': denied.UDP,
  'wasi:sockets/udp-create-socket': denied.UDP_CREATE,
}
