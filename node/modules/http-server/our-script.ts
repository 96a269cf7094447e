/** Where a page of any package finds its node's name, at whichever origin it was served. */
export const OUR_PATH = '/our'
export const OUR_SCRIPT_PATH = '/our.js'

/**
 * The script that pages begin with on live nodes, where the home page binds it for everybody: it sets `window.our.node`.
 * Pages of other sites are kept from loading it: it would tell them whose visitor they have.
 */
export function ourScript(node: string): Response {
  const body = `window.our = {}; window.our.node = ${JSON.stringify(node)};`
  const headers = {
    'content-type': 'application/javascript',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
  }
  return new Response(body, { headers })
}
