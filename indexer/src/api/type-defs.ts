/**
 * The GraphQL schema, in the words of the glossary. Lists take `first` (at most 1000) and `after`: the label or name of
 * the last item already seen (a page's `endCursor`). Bytes are `0x` hex, block numbers and times are plain integers.
 */
export const typeDefs = /* GraphQL */ `
  type Query {
    "One entry, by name or by namehash: give exactly one of them. The root is the empty name. Null when there is none."
    entry(name: String, namehash: String): Entry
    "The entries directly under a name, in order of label. Without a name: the top-level zones."
    entries(parent: String = "", first: Int = 50, after: String): EntryPage!
    "How to reach the node of this name, from its notes. Null when the entry has no such note, or does not exist."
    nodeIdentity(name: String!): NodeIdentity
    """
    Node identities in order of name. With changedSince: only those whose notes changed in that block or later, and then
    also those whose notes were all cleared, as incomplete ones without a key.
    """
    nodeIdentities(changedSince: Int = 0, first: Int = 100, after: String): NodeIdentityPage!
    "What is known of a 20-byte address: the entry whose token-bound account it is, and the entries it owns."
    account(address: String!): Account!
    "How far the index is."
    status: Status!
  }

  enum EntryKind {
    name
  }

  "A name in Hypermap. Its name and label are in brackets when the chain holds bytes that no client could write."
  type Entry {
    name: String!
    namehash: String!
    label: String!
    kind: EntryKind!
    owner: String!
    "The token-bound account: the account that acts for this entry."
    tba: String!
    "The account code that entries minted under this one receive, if it was set."
    gene: String
    createdBlock: Int!
    "The block of the last change to this entry, its notes or its facts."
    updatedBlock: Int!
    "Null for the root."
    parent: Entry
    "The notes that hold data, in order of label."
    notes(first: Int = 100, after: String): [Note!]!
    facts(first: Int = 100, after: String): [Fact!]!
    children(first: Int = 100, after: String): [Entry!]!
    nodeIdentity: NodeIdentity
  }

  type EntryPage {
    items: [Entry!]!
    "Pass as after to get the next page. Null when this is the last one."
    endCursor: String
  }

  "Data that can be written again."
  type Note {
    label: String!
    namehash: String!
    data: String!
    "The data as text, when it is printable UTF-8."
    text: String
    "What is wrong with the data, when its label says what it must hold and it does not."
    problem: String
    updatedBlock: Int!
  }

  "Data written once."
  type Fact {
    label: String!
    namehash: String!
    data: String!
    text: String
    createdBlock: Int!
  }

  enum NodeKind {
    "Has an address and a port that others can dial."
    direct
    "Is reached through its routers."
    indirect
    "Cannot be reached: the key, or every way to it, is missing."
    incomplete
  }

  type NodeIdentity {
    name: String!
    kind: NodeKind!
    "The Ed25519 public key, 32 bytes."
    netKey: String
    ip: String
    tcpPort: Int
    wsPort: Int
    udpPort: Int
    wtPort: Int
    routers: [Router!]!
    "Notes of this node that could not be read. What they said before still holds."
    problems: [NoteProblem!]!
    "The block of the last change to the notes that make up this identity."
    updatedBlock: Int!
    entry: Entry!
  }

  type NodeIdentityPage {
    items: [NodeIdentity!]!
    "Pass as after to get the next page. Null when this is the last one."
    endCursor: String
  }

  type Router {
    namehash: String!
    "Null while no entry with this namehash is known."
    name: String
  }

  type NoteProblem {
    label: String!
    data: String!
    problem: String!
  }

  type Account {
    address: String!
    tokenBoundEntry: Entry
    "The entries this address owns, in order of name."
    entries(first: Int = 100, after: String): [Entry!]!
  }

  type Status {
    chainId: Int!
    "The address of the Hypermap contract."
    hypermap: String!
    "The last block that is indexed."
    block: Int!
    "Its time, in unix seconds."
    blockTime: Int!
  }
`
