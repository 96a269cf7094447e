import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'

/** The compiler comes from npm, so a build needs no network. */
const soljson = createRequire(import.meta.url).resolve('solc/soljson.js')

export const compiler = {
  version: '0.8.34',
  path: soljson,
  settings: {
    evmVersion: 'prague',
    optimizer: { enabled: true, runs: 10_000 },
    // Without metadata the code of two builds of the same source is the same.
    metadata: { bytecodeHash: 'none', appendCBOR: false },
  },
}

/** Contracts of others that are deployed with ours. */
export const npmFilesToBuild = ['erc6551/ERC6551Registry.sol', '@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol']

export default defineConfig({
  paths: { sources: './contracts', tests: { solidity: './test/contracts' } },
  test: {
    solidity: {
      fuzz: { runs: 256 },
      invariant: { runs: 32, depth: 64 },
      fsPermissions: {
        readDirectory: ['./test/conformance', './contracts/accounts', './node_modules/@layerzerolabs'],
      },
    },
  },
  solidity: {
    npmFilesToBuild,
    profiles: {
      default: {
        compilers: [compiler],
        // OpenZeppelin's Governor alone nearly fills the 24,576 bytes that a contract may have.
        overrides: {
          'contracts/governance/HyperwareGovernor.sol': {
            ...compiler,
            settings: { ...compiler.settings, viaIR: true, optimizer: { enabled: true, runs: 400 } },
          },
        },
      },
    },
  },
})
