import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { afterAll, expect, test } from 'vitest'
import { planNetwork } from '../../../scripts/deploy/network-plan.ts'
import { catalogueSource } from '../../../scripts/deploy/record.ts'
import { writeVerification, type VerificationEntry } from '../../../scripts/deploy/verification.ts'
import '../../contracts/built.ts'
import { OWNER } from './open-chain.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'hyperware-verification-'))
const plan = planNetwork({
  chainId: 1,
  owner: OWNER,
  multicall3: false,
  minSecondsPerBlock: 12,
  ens: { registry: OWNER, nameWrapper: OWNER },
})

afterAll(() => rmSync(folder, { recursive: true }))

test('an explorer that compiles the input gets the code that is deployed', () => {
  const written = writeVerification(plan, folder)
  const entries: VerificationEntry[] = JSON.parse(readFileSync(join(folder, 'contracts.json'), 'utf8'))
  expect(entries).toEqual(written)
  expect(entries.map(({ contract }) => contract)).toEqual([
    ...plan.contracts.map(({ contract }) => contract),
    'GovernanceHypr',
    'TypedProposals',
  ])
  const { compile } = createRequire(import.meta.url)('solc') as { compile: (input: string) => string }
  for (const contract of ['AccountDispatcher', 'Hypermap']) {
    const entry = entries.find((candidate) => candidate.contract === contract)
    const [source = '', name = ''] = entry?.contractName.split(':') ?? []
    const output = JSON.parse(compile(readFileSync(join(folder, entry?.standardJsonInput ?? ''), 'utf8')))
    const code = `0x${output.contracts[source][name].evm.bytecode.object}${entry?.constructorArguments}`
    expect(code).toBe(plan.contracts.find((planned) => planned.contract === contract)?.creationCode)
  }
})

test('only sources that a contract needs are in its input', () => {
  writeVerification(plan, folder)
  const { sources } = JSON.parse(readFileSync(join(folder, 'Hypr.json'), 'utf8'))
  expect(Object.keys(sources)).toContain('project/contracts/token/Hypr.sol')
  expect(Object.keys(sources)).not.toContain('project/contracts/hypermap/Hypermap.sol')
  expect(Object.values(sources).every((source) => typeof (source as { content: unknown }).content === 'string')).toBe(
    true,
  )
})

test('code that is not the build’s is not vouched for', () => {
  const contracts = plan.contracts.map((planned) =>
    planned.contract === 'Hypr' ? Object.assign({}, planned, { creationCode: '0x00' }) : planned,
  )
  expect(() => writeVerification({ ...plan, contracts }, folder)).toThrow(
    'Cannot write the verification input of Hypr: the build in artifacts/ has other code than is deployed',
  )
})

test('a recorded deployment is loaded with the catalogue', async () => {
  const catalogue = join(folder, 'deployments')
  mkdirSync(catalogue)
  for (const file of ['index.ts', '8453.json', '31337.json'])
    cpSync(join(ROOT, 'deployments', file), join(catalogue, file))
  const recorded = readFileSync(join(catalogue, '31337.json'), 'utf8').replace('31337', '7777')
  writeFileSync(join(catalogue, '7777.json'), recorded)
  writeFileSync(join(catalogue, 'catalogue.ts'), catalogueSource(catalogue))
  const style = { ...(await resolveConfig(join(ROOT, 'deployments/catalogue.ts'))), parser: 'typescript' }
  expect(await format(catalogueSource(catalogue), style)).toBe(catalogueSource(catalogue))
  const script = `import { deployments } from '${join(catalogue, 'index.ts')}'; console.log([...deployments.keys()].join())`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(stdout.trim()).toBe('7777,8453,31337')
})

test('the catalogue lists every file of addresses', () => {
  expect(readFileSync(join(ROOT, 'deployments/catalogue.ts'), 'utf8')).toBe(catalogueSource())
})
