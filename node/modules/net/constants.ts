/** Connecting and shaking hands, outgoing, per attempt; and inbound from accept. */
export const HANDSHAKE_BUDGET_MS = 5_000
/** An established link is closed after this long without a message either way. */
export const IDLE_MS = 1_800_000
/** TCP keepalive: idle time before the first probe. */
export const KEEPALIVE_MS = 30_000
/** How long a responder waits for a name or key that it does not know yet, within the handshake budget. */
export const IDENTITY_GRACE_MS = 2_000
/** How long the last bytes of a link may take to leave when it is closed on purpose. */
export const CLOSE_GRACE_MS = 1_000
/** Most messages and bytes waiting for one peer, and bytes waiting for all peers together. */
export const QUEUE_MAX_MESSAGES = 1_000
export const QUEUE_MAX_BYTES = 16 * 1024 * 1024
export const QUEUES_MAX_BYTES = 128 * 1024 * 1024
/** Most peers kept only to show how the last attempt failed. */
export const FAILED_PEERS_MAX = 256
/** Two links in opposite directions are taken for simultaneous dials when the older is younger than this. */
export const RACE_MS = 5_000
/** Back-off between failing dials of one peer: doubles from the first to the second. */
export const DIAL_BACKOFF_MIN_MS = 250
export const DIAL_BACKOFF_MAX_MS = 2_000
/** Pause before the one further try at a router that closed without a word: a registration may be on its way. */
export const ROUTED_RETRY_MS = 400
/** Most handshakes under way on the listener, in all and from one address; connections beyond are closed at once. */
export const HALF_OPEN_MAX = 128
export const HALF_OPEN_PER_ADDRESS_MAX = 64
/** Most connection requests being answered at one time. */
export const ANSWERS_MAX = 32
/** Router maintenance: pause between looks at a good registration, and back-off between failing ones. */
export const ROUTER_CHECK_MS = 4_000
export const ROUTER_BACKOFF_MIN_MS = 500
export const ROUTER_BACKOFF_MAX_MS = 8_000
/** A link to a router that was lost sooner than this counts as a failure. Well above the longest back-off. */
export const ROUTER_STEADY_MS = 30_000
/** A registered router is asked for a sign of life this often, and gets this long to give one. */
export const ROUTER_HI_EVERY_MS = 300_000
export const ROUTER_HI_TIMEOUT_MS = 10_000
/** How long a router keeps the first half of a route waiting for the second. */
export const PENDING_ROUTE_MS = 6_000
/** Most bytes read ahead from a half that waits. */
export const PENDING_ROUTE_BYTES = 64 * 1024
