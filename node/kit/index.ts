/** What turns sources into packages: the entry `@hyperware/node/kit`. */
export { buildGuest } from './build-guest.ts'
export { buildPackage, type BuiltPackage } from './build-package.ts'
export { readPackage } from './read-package.ts'
export { bundlePackages } from './bundle-packages.ts'
export { keepBundle } from './keep-bundle.ts'
export { BuildError, type BuildProblem } from './errors.ts'
