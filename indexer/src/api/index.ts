import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { graphql } from 'ponder'
import { db } from 'ponder:api'
import schema from 'ponder:schema'
import { FIRST_QUERY } from './first-query.ts'
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
// The explorer page takes its first query from the address only.
const explorer = `/graphql?${new URLSearchParams({ query: FIRST_QUERY })}`
app.get('/', (context) => context.redirect(explorer))
app.get('/graphql', async (context, next) => {
  const isFirstVisit =
    context.req.header('accept')?.includes('text/html') === true && new URL(context.req.url).search === ''
  return isFirstVisit ? context.redirect(explorer) : next()
})
app.on(['GET', 'POST', 'OPTIONS'], '/graphql', (context) => yoga.fetch(context.req.raw, {}))
// Ponder's generated API: every table and column. Its explorer page loads from a public server, so there is none.
app.post('/ponder', graphql({ db, schema }))

export default app
