// The one way to run the indexer: checks the chain, makes the store fit to start on, then becomes Ponder's process.
import { enableCompileCache, flushCompileCache } from 'node:module'
import { createServer } from 'node:net'
import { pathToFileURL } from 'node:url'
import { deploymentOf } from '@hyperware/deployments'
import { formatError } from '@hyperware/protocol'
import { INDEXER_DIR, ponderCommand, schemaName } from './run/build.ts'
import { expectChain, findBlock, getGenesis } from './run/chain.ts'
import { IndexerError, exitCodeOf } from './run/errors.ts'
import { takeFolder } from './run/lock.ts'
import { condemnStore, watchForFailure } from './run/failures.ts'
import { log } from './run/log.ts'
import { type Options, USAGE, readOptions } from './run/options.ts'
import { watchPonderLog } from './run/ponder-log.ts'
import { databaseDir, prepareStore } from './run/store.ts'

function portTaken(port: number, cause?: unknown): IndexerError {
  return new IndexerError(
    { code: 'port-taken', port },
    `Cannot serve GraphQL on port ${port} of 127.0.0.1: another program listens there`,
    { cause, hint: 'choose another --port' },
  )
}

/** Ponder takes the next port when one is taken; whoever gave the port would then look in the wrong place. */
async function expectFreePort(port: number): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(portTaken(port, cause)))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve()))
  })
}

async function prepare({ port, rpcUrl, dir, chainId }: Options): Promise<string> {
  const deployment = deploymentOf(chainId)
  await expectChain({ rpcUrl, chainId })
  await expectFreePort(port)
  process.once('exit', takeFolder(dir))
  const genesis = await getGenesis(rpcUrl)
  const schema = schemaName(deployment)
  await prepareStore(dir, { chainId, genesis, schema }, (block) => findBlock(rpcUrl, block))
  const excuseFailure = watchForFailure(dir)
  watchPonderLog({
    onChainFailed: excuseFailure,
    // Free a moment ago, as when two indexes are started at once.
    onPortTaken: () => {
      excuseFailure()
      fail(portTaken(port))
    },
    // Who may answer on the port before that is somebody else.
    onServing: () => log('info', 'Serving GraphQL', { port, pid: process.pid }),
    onDeepReorg: () => {
      log('warn', 'The chain was set back below a final block: ending, to index from the beginning')
      condemnStore(dir)
      process.exit(1)
    },
  })
  log('info', 'Starting Ponder', { chainId, schema, dir, port })
  return schema
}

/** Ponder has a command but no function to call, so this process takes on the command's arguments and runs it. */
async function becomePonder({ port, rpcUrl, dir, chainId }: Options, schema: string): Promise<void> {
  Object.assign(process.env, {
    HYPERWARE_RPC_URL: rpcUrl,
    HYPERWARE_CHAIN_ID: String(chainId),
    HYPERWARE_INDEX_DIR: databaseDir(dir),
    PONDER_TELEMETRY_DISABLED: 'true',
  })
  delete process.env['PORT'] // would win over --port
  const command = ponderCommand()
  const server = ['--hostname', '127.0.0.1', '--port', String(port)]
  process.argv.splice(1, Infinity, command, 'start', '--root', INDEXER_DIR, '--schema', schema, ...server)
  process.argv.push('--log-format', 'json', '--log-level', 'info') // this process reads along
  await import(pathToFileURL(command).href)
  flushCompileCache() // so that the next start is quick even when this process is killed
}

function fail(error: unknown): never {
  console.error(formatError(error))
  process.exit(exitCodeOf(error))
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) {
    console.log(USAGE)
  } else {
    enableCompileCache()
    await becomePonder(options, await prepare(options))
  }
} catch (error) {
  fail(error)
}
