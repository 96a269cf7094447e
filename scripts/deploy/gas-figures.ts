/** Gas of each step on a development chain. A test compares them with what the steps take. */
const FIGURES: Readonly<Record<string, bigint>> = {
  Multicall3: 810_000n,
  AccountDispatcher: 462_000n,
  HyperAccount: 1_728_000n,
  HyperAccountUpgradable: 2_233_000n,
  HyperAccountStrict: 1_700_000n,
  HypermapImplementation: 3_897_000n,
  Hypermap: 378_000n,
  HyperAccountMinter: 2_310_000n,
  HyperAccountPermissionedMinter: 2_459_000n,
  OsMinter: 2_565_000n,
  EntryHolder: 1_175_000n,
  HeldAccount: 1_728_000n,
  EthMinter: 2_801_000n,
  Hypr: 1_177_000n,
  TokenRegistry: 5_555_000n,
  Timelock: 1_831_000n,
  Phases: 846_000n,
  HyperwareGovernor: 6_494_000n,
  zone: 223_500n,
  grant: 53_600n,
  renounce: 26_900n,
  transfer: 52_400n,
}

/**
 * Gas that a step took where it was measured: the name of a contract, `zone` for the mint of any, `grant` and `renounce`
 * for any role, `transfer` for the root entry.
 */
export function typicalGas(step: string): bigint {
  const gas = FIGURES[step]
  if (gas === undefined) throw new RangeError(`Cannot estimate step "${step}": expected a figure for it`)
  return gas
}
