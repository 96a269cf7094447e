/** The entry `@hyperware/node/import`: takes over the home of a reference node. */
export { ImportError, type ImportProblem } from './errors.ts'
export { importHome, type ImportReport } from './import-home.ts'
