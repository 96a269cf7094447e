import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { graphql } from 'ponder'
import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { yoga } from './graphql.ts'
import { LIMITS } from './limits.ts'

const app = new Hono()

app.use(
  '*',
  bodyLimit({
    maxSize: LIMITS.bodyBytes,
    onError: (context) =>
      context.json(
        { errors: [{ message: `Cannot read the request: its body is over ${LIMITS.bodyBytes} bytes` }] },
        413,
      ),
  }),
)
app.get('/', (context) => context.redirect('/graphql'))
app.on(['GET', 'POST', 'OPTIONS'], '/graphql', (context) => yoga.fetch(context.req.raw, {}))
// Ponder's generated API: every table and column. Its explorer page loads from a public server, so there is none.
app.post('/ponder', graphql({ db, schema }))

export default app
