/** Names of the states that errors give as numbers. */
const AUCTION_STATES =
  'of an auction: 0 awaiting its lot, 1 open, 2 revealing, 3 closed, 4 sold, 5 unsold; of a lease or rented zone: 0 current, 1 grace, 2 over'
const PROPOSAL_STATES = '0 pending, 1 active, 2 canceled, 3 defeated, 4 succeeded, 5 queued, 6 expired, 7 executed'

/**
 * What to do about an error of our contracts, or of those they are made from, by its name. Errors of one name mean one
 * thing, whichever contract has them.
 */
const HINTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    // names, notes and facts
    'Label too short':
      'this zone mints labels of nine characters or more; its owner can mint shorter ones with --as-owner',
    EmptyFact: 'a fact is never empty; give it data',
    FactAlreadyExists: 'facts are written once; a note can be written again',
    FactMustBeginWithBang: 'labels of facts begin with !',
    FailedToInitializeTBA:
      'a note or fact of the initialization was refused, or the account implementation has no code',
    GeneAlreadySet: 'a gene is set once, and entries under a gene inherit theirs',
    InvalidLabelCharacter: 'labels consist of a-z, 0-9 and hyphen',
    LabelTooLong: 'labels have at most 63 bytes, with ~ or !',
    LabelTooShort: 'labels have at least one byte after ~ or !',
    NameAlreadyExists: 'look at it with "hyperware names get"',
    NotParent: 'only the account of the parent entry may write beneath it',
    NoteMustBeginWithTilde: 'labels of notes begin with ~',
    OwnershipCycle: 'an entry cannot belong to its own account, nor in a circle through others; choose another owner',
    DataNotStored: 'the note is too long for the code of a contract; shorten it, or store its address instead',
    AccountDispatcherChanged: 'an upgrade keeps the dispatcher, or every account would move; build it with that one',
    ERC721IncorrectOwner: 'the entry belongs to somebody else by now; look at it with "hyperware names get"',
    ERC721InsufficientApproval: 'sign with the owner of the entry, or have it approve you',
    ERC721InvalidReceiver: 'the receiver is a contract that takes no entries, or the zero address',
    ERC721NonexistentToken: 'the entry is not minted; check the name',
    AccessControlUnauthorizedAccount: 'the account lacks the role; "hyperware deploy" prints who holds each',
    AccessControlBadConfirmation: 'a role is renounced by the account that has it',
    // accounts and their minters
    AlreadyInitialized: 'the account was set up when it was minted',
    CommitNotFound: 'this account has not committed to the label; commit first, from the same account',
    CommitTooNew: 'a commitment can be used 16 s after it was made',
    CommitTooOld: 'a commitment expires after 1800 s; make a new one',
    UnexpiredCommitExists: 'the commitment is there already: wait and mint',
    SetupMinGreaterThanMaxAge: 'the least age of a commitment must be below the greatest',
    SetupMinMaxAgeGapTooSmall: 'leave more time between the least and the greatest age of a commitment',
    InsufficientAllowance: 'the owner of this zone allows accounts to mint in it, and has not allowed this one enough',
    IncorrectPayment: 'send exactly the price of the name, in wei',
    InvalidPrice: 'a name costs at least 1 wei',
    WithdrawFailed: 'the receiver refused the money; name another',
    InvalidInitialization: 'it was set up before, which is done once',
    NotOperator: 'sign with the account that owns the entry: --account or --key-file',
    NotOperatorOrEntryPoint: 'sign with the account that owns the entry: --account or --key-file',
    NotFromEntryPoint: 'only the ERC-4337 EntryPoint may call this',
    NotHypermapCaller: 'only Hypermap sets up the account of an entry',
    OnlyCalls: 'this account makes calls (operation 0) only: no delegatecalls, no creations',
    'Invalid operation': 'operations are 0 call, 1 delegatecall, 2 create, 3 create2',
    ExecuteError: 'the call of that place in the batch, counted from zero, was refused; nothing of the batch was done',
    ERC1967InvalidImplementation: 'there is no code at that address; give one with code',
    // rented zones, and those of ENS names
    NotUser: 'sign with the account that rents the entry, or owns its name in ENS',
    NotRule: 'only the zone that an entry was minted in may release it',
    NotOwned: 'register or renew the name in ENS first',
    OptionsMissing: 'the owner of the prover sets the gas of deliveries to that chain first (setEnforcedOptions)',
    NotEnsChain: 'proofs are believed from the chain of ENS alone; set its endpoint id as the peer',
    ValueNotAllowed: 'deliver the proof without money',
    NoPeer: 'the owner sets the peer on that chain first (setPeer)',
    OnlyPeer: 'messages are believed from the peer that the owner set',
    NotTheEntry: 'this token stands for another entry',
    EntryPointNotAllowed: 'accounts of rented entries and of ENS names have no EntryPoint',
    InitializationNotAllowed: 'mint without initialization, and write notes afterwards',
    ImplementationNotAllowed: 'mint with the account implementation that the zone expects, or none',
    GeneNotAllowed: 'what is rented binds nobody after the tenant: no genes',
    NotVacant: 'the entry is rented; it can be had when its grace is over',
    NotEnsOwner: 'sign with the account that owns the name in ENS, and mint to it',
    NotTenant: 'sign with the tenant, or have it assign the lease to you',
    TenantMissing: 'name a tenant other than the zero address',
    PeriodsOutOfRange: 'pay for one period at least, and not beyond the end',
    // HYPR and its locks
    ERC20InsufficientAllowance: 'approve the spender for the amount first (Hypr.approve)',
    ERC20InsufficientBalance: 'the account has too little HYPR; amounts are base units, 10^18 of which are one HYPR',
    ERC2612ExpiredSignature: 'the permit is past its deadline; sign a new one',
    ERC2612InvalidSigner: 'the permit was signed by another account, or for another amount, spender or nonce',
    InvalidAmount: 'give an amount within the bounds; 10^18 base units are one HYPR',
    InvalidDuration: 'give seconds within the bounds: a lock lasts 4 to 208 weeks, a registration ends with its lock',
    NoLockExists: 'lock HYPR first (TokenRegistry.manageLock)',
    LockExpired: 'the lock has ended; withdraw, and lock anew',
    LockNotExpired: 'wait for the end of the lock, in seconds since 1970',
    SourceNotExpired: 'a registration moves when it has ended, in seconds since 1970',
    ZeroAmount: 'give an amount above zero',
    ZeroAmountForNewBind: 'a first registration on an entry needs an amount',
    ZeroDurationForNewBind: 'a first registration on an entry needs a duration, four weeks at least',
    DefaultDestinationInvalidParams: 'what goes back to the lock needs an amount, and no duration',
    InsufficientLockAmount: 'register no more than is locked and not registered elsewhere',
    UnknownEntry: 'HYPR is registered on names that are minted, not on notes or facts; check the name',
    NoBindExists: 'nothing of yours is registered on this entry',
    InvalidParam: 'the value is not one of those that the function takes',
    UnsupportedToken: 'the registry takes HYPR only',
    OnlyGovernanceTokenCanCall: 'only the votes token calls this',
    OnlyRegistryCanCall: 'only the registry calls this; lock and withdraw there',
    GHyprAlreadySet: 'the registry made its votes token itself, once and for all',
    NotTransferable: 'votes cannot be moved; delegate them (GovernanceHypr.delegate)',
    ERC5805FutureLookup: 'ask for a block before the newest one',
    VotesExpiredSignature: 'the signature is past its expiry; sign a new one',
    InvalidAccountNonce: 'the signature was used, or signed for another nonce; sign a new one',
    // proposals and votes
    ProposerNotAllowed:
      'nobody proposes in phase 1, those on the list in phase 2 (Phases.isListed), everybody in phase 3',
    GovernorInsufficientProposerVotes: 'lock more HYPR, or have votes delegated, at least a block before proposing',
    GovernorRestrictedProposer: 'the description ends with the address of another proposer; leave that ending out',
    GovernorUnexpectedProposalState: `see where it stands with Governor.state: ${PROPOSAL_STATES}`,
    GovernorNonexistentProposal: 'ids come from ProposalCreated, whose description has #proposer= at its end',
    GovernorAlreadyCastVote: 'a vote is cast once, and cannot be changed',
    GovernorAlreadyOverriddenVote: 'the own lock has voted already, apart from its delegate',
    NothingToOverride:
      'an own vote overrides a delegate who had votes of this account at the snapshot; there were none',
    GovernorInvalidVoteType: 'votes are 0 against, 1 for, 2 abstain',
    GovernorInvalidVoteParams: 'vote without parameters',
    GovernorInvalidSignature: 'the ballot was signed by another account, or for another vote or nonce',
    GovernorInvalidProposalLength: 'give as many values and calldatas as targets, one at least',
    GovernorUnableToCancel: 'a proposal is cancelled by its proposer, before voting begins',
    GovernorAlreadyQueuedProposal: 'it is queued; execute it when its time has come',
    GovernorOnlyExecutor: 'only a proposal that was voted for may do this',
    GovernorInvalidQuorumFraction: 'the quorum is a percentage from 0 to 100',
    GovernorInvalidVotingPeriod: 'voting lasts a block at least',
    TimelockUnexpectedOperationState:
      'what was voted for waits in the timelock first: see its time with Governor.proposalEta, in seconds since 1970',
    TimelockInsufficientDelay: 'wait at least the delay of the timelock',
    TimelockUnauthorizedCaller: 'only the timelock itself, by vote, changes this',
    TimelockUnexecutedPredecessor: 'another operation has to be executed first',
    FailedCall: 'a call that it made was refused without a reason',
    EntryNotOwned: 'root entry and governance entry have to be the timelock’s first: "hyperware deploy --hand-over"',
    ZonesOutOfRange: 'propose one zone at least, and at most the number given',
    ZoneExists: 'the zone is minted; choose another label',
    AuctionTermDiffers: 'deploy an auction with that term; addresses and states are given as numbers',
    LotDiffers: 'the lot of the auction has to be the zones proposed, in ascending order of their namehashes',
    DocumentIncomplete: 'documents have a number from 1, and the keccak-256 of their text',
    AlreadyAdopted: 'the number is taken; propose the document under the next one',
    // phases
    NotKeeper: 'in phase 1 the steward signs, later only a vote changes this',
    NotNextPhase: 'phases follow one another: 1, 2, 3',
    ZeroAddress: 'give an address other than zero',
    AlreadyProposer: 'the account is on the list',
    NotOnList: 'the account is not on the list',
    LastProposer: 'add another proposer first, or have a vote remove the list',
    NoListToRemove: 'the list is removed in phase 2, once',
    // auctions and leases
    WrongState: `see where it stands with state(); ${AUCTION_STATES}`,
    TermOutOfRange: 'give the term a value within the bounds',
    LotNotAscending: 'sort the lot by namehash, each entry once',
    NotHypermap: 'auctions take entries of their Hypermap only',
    NotInLot: 'this entry is not for sale here',
    LotIncomplete: 'the auction opens when it has every entry of its lot; mint or send this one to it',
    BidTooLow: 'bid the minimum at least, in base units: see minimumBid()',
    BidAboveDeposit: 'reveal a bid that the deposit covers, or add to the deposit while bidding is open',
    SealNotExpected: 'bids are open here: give 0 as seal',
    SealMissing: 'bids are sealed here: give the seal of amount and salt',
    SealMismatch: 'reveal with the amount and salt that were sealed',
    NotPermitted: 'sign with the account that was expected',
    NothingOwed: 'there is nothing to withdraw, or it was withdrawn',
    IncorrectTransfer: 'the token moved another amount than it was told to; use HYPR',
    NoTreasury: 'name a treasury first (Phases.setTreasury)',
    SafeERC20FailedOperation: 'the token refused the transfer: approve the auction for the amount, and have it',
    // what the language itself refuses
    Panic: '17 stands for a number out of range, 18 for a division by zero, 50 for a place beyond the end of a list',
  }),
)

/** For errors whose name says it all. */
const GENERIC = 'see what the error says of itself, where it is declared in contracts/'

/** What to do about an error with this name. Never empty. Pure. */
export function hintFor(error: string): string {
  return HINTS.get(error) ?? GENERIC
}

/** Every name that a hint was written for. */
export const HINTED: readonly string[] = [...HINTS.keys()]
