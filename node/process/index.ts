// oxlint-disable-next-line typescript/triple-slash-reference -- the module is the host's: there is no file to import
/// <reference path="./standard.d.ts" />
export * from './body.ts'
export * from './capabilities.ts'
export * from './http.ts'
export * from './messages.ts'
export * from './print.ts'
export * from './processes.ts'
export * from './script.ts'
export * from './state.ts'
export * from './timer.ts'
export * from './vfs.ts'
export { SendError, type SendProblem } from './wit.ts'
