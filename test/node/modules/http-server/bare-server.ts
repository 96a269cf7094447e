import { parseName } from '@hyperware/protocol'
import { type HttpServer, startHttpServer } from '../../../../node/modules/http-server/http-server.ts'
import { createLoginLimit } from '../../../../node/modules/http-server/login-limit.ts'
import { collectLog } from '../../log-lines.ts'

type Given = {
  readonly node: string
  readonly jwtSecret: Uint8Array
  readonly now: () => number
  readonly serving: Parameters<typeof startHttpServer>[2]
}

/** A server of a node's paths alone: whoever logs in, greets, installs or runs a line is refused. */
export function startBareServer({ node, jwtSecret, now, serving }: Given): Promise<HttpServer> {
  const refuse = (what: string) => () => Promise.reject(new Error(what))
  return startHttpServer(
    {
      node: parseName(node),
      jwtSecret,
      keyFile: new Uint8Array(0),
      openKeyFile: () => Promise.resolve(undefined),
      limit: createLoginLimit({ burst: 1, refillMs: 1_000, concurrent: 1 }),
      now,
      log: collectLog().log,
      greeter: { greet: refuse('nobody is greeted here') },
      processes: () => Promise.resolve([]),
      install: refuse('nothing is installed here'),
      uninstall: refuse('nothing is uninstalled here'),
      runLine: refuse('no line is run here'),
      status: () => {
        throw new Error('no status is asked for here')
      },
      files: new Map(),
    },
    0,
    serving,
  )
}
