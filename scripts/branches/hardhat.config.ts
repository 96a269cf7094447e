import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { defineConfig } from 'hardhat/config'
import base, { compiler, npmFilesToBuild } from '../../hardhat.config.ts'
import { instrumentBranches, type Outcome } from './instrument.ts'
import { parse } from './parse.ts'

/**
 * The project's configuration, with reports of outcomes added to its contracts. Used with `--coverage`, after which
 * `coverage/outcomes.json` says which outcomes there are, and Hardhat's own data which of them were seen.
 */

const outcomes = new Map<string, Outcome[]>()

export default defineConfig({
  ...base,
  // Code for size, as the Governor has it, leaves no room on the stack for reports; here no code can be too long.
  solidity: { npmFilesToBuild, profiles: { default: { compilers: [compiler] } } },
  paths: { ...base.paths, cache: './cache/coverage', artifacts: './cache/coverage/artifacts' },
  plugins: [
    {
      id: 'hyperware-branch-coverage',
      hookHandlers: {
        solidity: async () => ({
          default: async () => ({
            preprocessProjectFileBeforeBuilding: async (
              context,
              sourceName,
              fsPath,
              fileContent,
              solcVersion,
              next,
            ) => {
              const file = relative(context.config.paths.root, fsPath)
              const covered = await next(context, sourceName, fsPath, fileContent, solcVersion)
              if (!file.startsWith('contracts/')) return covered
              const instrumented = instrumentBranches(file, covered, parse)
              outcomes.set(file, instrumented.outcomes)
              return instrumented.source
            },
          }),
        }),
        test: async () => ({
          default: async () => ({
            onTestRunStart: async (context, id, next) => {
              const place = join(context.config.paths.root, 'coverage', 'outcomes.json')
              mkdirSync(dirname(place), { recursive: true })
              writeFileSync(place, JSON.stringify([...outcomes.values()].flat()))
              await next(context, id)
            },
          }),
        }),
      },
    },
  ],
})
