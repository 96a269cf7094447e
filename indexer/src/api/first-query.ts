/** What the explorer page opens with. */
export const FIRST_QUERY = `# The names, notes and nodes
# of this network.
# Press the arrow to ask.
{
  status {
    chainId
    block
  }
  nodeIdentities {
    items {
      name
      kind
      ip
      tcpPort
      wsPort
      routers {
        name
      }
    }
  }
  entry(name: "foo.os") {
    name
    namehash
    owner
    tba
    notes {
      label
      data
    }
    facts {
      label
      data
    }
    children {
      name
    }
  }
}
`
