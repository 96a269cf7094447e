import { buildContracts } from '../../scripts/build-contracts.ts'

// For whoever reads `artifacts/`, as a chain of this process does when it begins, with all of it: first the build, if it takes
// one, so that no other file of tests writes there meanwhile. It is done while files are loaded, where time has no limit.
buildContracts()
