import { borrow, hostFunction, list, oneOf, option, own, result, string, tuple } from '../component/shape.ts'
import type { WasiInterface } from './host.ts'

// Files and sockets: everything links, no folder is there, and no address may be used (kernel.md section 14).

const error = { err: borrow('error') }

const fileErrorCode = oneOf(
  'access',
  'would-block',
  'already',
  'bad-descriptor',
  'busy',
  'deadlock',
  'quota',
  'exist',
  'file-too-large',
  'illegal-byte-sequence',
  'in-progress',
  'interrupted',
  'invalid',
  'io',
  'is-directory',
  'loop',
  'too-many-links',
  'message-size',
  'name-too-long',
  'no-device',
  'no-entry',
  'no-lock',
  'insufficient-memory',
  'insufficient-space',
  'not-directory',
  'not-empty',
  'not-recoverable',
  'unsupported',
  'no-tty',
  'no-such-device',
  'overflow',
  'not-permitted',
  'pipe',
  'read-only',
  'invalid-seek',
  'text-file-busy',
  'cross-device',
)

export const FILES: WasiInterface = {
  functions: { 'filesystem-error-code': hostFunction(error, option(fileErrorCode), () => undefined) },
  absent: ['descriptor', 'directory-entry-stream'],
}

export const PREOPENS: WasiInterface = {
  functions: { 'get-directories': hostFunction({}, list(tuple(own('descriptor'), string)), () => []) },
}

const socketErrorCode = oneOf(
  'unknown',
  'access-denied',
  'not-supported',
  'invalid-argument',
  'out-of-memory',
  'timeout',
  'concurrency-conflict',
  'not-in-progress',
  'would-block',
  'invalid-state',
  'new-socket-limit',
  'address-not-bindable',
  'address-in-use',
  'remote-unreachable',
  'connection-refused',
  'connection-reset',
  'connection-aborted',
  'datagram-too-large',
  'name-unresolvable',
  'temporary-resolver-failure',
  'permanent-resolver-failure',
)

const DENIED = { error: 'access-denied' } as const
const family = { addressFamily: oneOf('ipv4', 'ipv6') }

export const NETWORK: WasiInterface = {
  functions: { 'network-error-code': hostFunction(error, option(socketErrorCode), () => undefined) },
}

export const INSTANCE_NETWORK: WasiInterface = {
  functions: { 'instance-network': hostFunction({}, own('network'), () => ({})) },
}

export const NAME_LOOKUP: WasiInterface = {
  functions: {
    'resolve-addresses': hostFunction(
      { network: borrow('network'), name: string },
      result(own('resolve-address-stream'), socketErrorCode),
      () => DENIED,
    ),
  },
  absent: ['resolve-address-stream'],
}

export const TCP: WasiInterface = { functions: {}, absent: ['tcp-socket'] }

export const TCP_CREATE: WasiInterface = {
  functions: { 'create-tcp-socket': hostFunction(family, result(own('tcp-socket'), socketErrorCode), () => DENIED) },
}

export const UDP: WasiInterface = {
  functions: {},
  absent: ['udp-socket', 'incoming-datagram-stream', 'outgoing-datagram-stream'],
}

export const UDP_CREATE: WasiInterface = {
  functions: { 'create-udp-socket': hostFunction(family, result(own('udp-socket'), socketErrorCode), () => DENIED) },
}
