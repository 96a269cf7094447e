import { HyperwareError, countOf, quote } from './errors.ts'

/** Thrown by `parseIp`. */
export class IpError extends HyperwareError<{ code: 'ip-syntax'; text: string }> {}

const OCTET = /^(0|[1-9][0-9]{0,2})$/
const GROUP = /^[0-9a-fA-F]{1,4}$/

/**
 * Parses an IPv4 or IPv6 address into 4 or 16 big-endian bytes. `::` is expanded, and the last two groups of IPv6 may
 * be written as IPv4. No zone, port, brackets or leading zeros in an octet. Throws `IpError`.
 */
export function parseIp(text: string): Uint8Array {
  const bytes = text.length > 45 ? undefined : text.includes(':') ? parseIpv6(text) : parseIpv4(text)
  if (bytes !== undefined) return bytes
  throw new IpError(
    { code: 'ip-syntax', text },
    `Cannot parse IP address ${quote(text)}: expected IPv4 such as 203.0.113.7 or IPv6 such as 2001:db8::7`,
  )
}

function parseIpv4(text: string): Uint8Array | undefined {
  const octets = text.split('.')
  if (octets.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (const [index, octet] of octets.entries()) {
    if (!OCTET.test(octet) || Number(octet) > 255) return undefined
    bytes[index] = Number(octet)
  }
  return bytes
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  // `::` stands for at least one group; without it all eight must be there.
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined
  const bytes = new Uint8Array(16)
  bytes.set(head, 0)
  bytes.set(tail, head.length + missing)
  return bytes
}

/** The bytes of groups between colons; the last may be IPv4 when it ends the address. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    if (group.includes('.')) {
      const ipv4 = isEnd && index === groups.length - 1 ? parseIpv4(group) : undefined
      if (ipv4 === undefined) return undefined
      bytes.push(...ipv4)
    } else {
      if (!GROUP.test(group)) return undefined
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 0xff)
    }
  }
  return bytes
}

/** Formats 4 or 16 bytes; IPv6 in the form of RFC 5952 (lower case, longest run of zero groups as `::`). */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) {
    const text = countOf(bytes.length, 'byte')
    throw new IpError({ code: 'ip-syntax', text }, `Cannot format IP address: it has ${text}, expected 4 or 16`)
  }
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0))
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return `::ffff:${bytes.slice(12).join('.')}`
  const run = longestZeroRun(groups)
  if (run.length < 2) return formatGroups(groups)
  return `${formatGroups(groups.slice(0, run.start))}::${formatGroups(groups.slice(run.start + run.length))}`
}

function formatGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':')
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start }
  }
  return best
}
