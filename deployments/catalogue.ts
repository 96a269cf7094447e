// Written by scripts/deploy/record.ts: one line per file of addresses.
import chain8453 from './8453.json' with { type: 'json' }
import chain31337 from './31337.json' with { type: 'json' }

/** The files of addresses, as they are. */
export const catalogue: readonly { chainId: number; contracts: Record<string, unknown> }[] = [chain8453, chain31337]
