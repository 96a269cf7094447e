import {
  formatPackageId,
  HyperwareError,
  json,
  quote,
  VFS_PROCESS,
  type VfsAction,
  type VfsEntry,
  type VfsError,
  vfsRequestJson,
  type VfsResponse,
  vfsResponseJson,
} from '@hyperware/protocol'
import { bodyBytes, textOf } from './body.ts'
import { ask, our } from './messages.ts'

const VFS = { node: 'our', process: VFS_PROCESS }

export type FileProblem = { code: VfsError['kind'] | 'unreadable'; path: string; reason: string }

/** A file that could not be used as asked. */
export class FileError extends HyperwareError<FileProblem> {}

type Answered<K extends VfsResponse['kind']> = {
  readonly response: Extract<VfsResponse, { kind: K }>
  readonly bytes: Uint8Array
}

function perform<K extends VfsResponse['kind']>(
  path: string,
  action: VfsAction,
  kind: K,
  { bytes, leaveBlob }: { bytes?: Uint8Array; leaveBlob?: boolean } = {},
): Answered<K> {
  const blob = bytes === undefined ? undefined : { mime: undefined, bytes }
  const answer = ask(VFS, json.encodeWith(vfsRequestJson, { path, action }), { blob, leaveBlob })
  const response = json.decodeWith(vfsResponseJson, 'the answer', answer.body)
  if (!response.ok) throw fileError(path, 'unreadable', response.problem)
  if (response.value.kind === 'Err') throw fileErrorOf(path, response.value.error)
  if (response.value.kind !== kind) throw fileError(path, 'unreadable', `it answers ${response.value.kind}`)
  return { response: response.value as Answered<K>['response'], bytes: answer.blob?.bytes ?? new Uint8Array(0) }
}

function fileErrorOf(path: string, error: VfsError): FileError {
  return fileError(path, error.kind, reasonOf(error))
}

function reasonOf(error: VfsError): string {
  switch (error.kind) {
    case 'IOError':
      return error.text
    case 'ParseError':
      return error.error
    case 'MalformedRequest':
      return 'expected a path such as /package:publisher/drive/file'
    case 'NoReadCap':
      return 'this process has no right to read there'
    case 'NoWriteCap':
      return 'this process has no right to write there'
    default:
      return error.kind
  }
}

function fileError(path: string, code: FileProblem['code'], reason: string): FileError {
  return new FileError({ code, path, reason }, `Cannot use ${quote(path)}: ${reason}`)
}

/**
 * Files under `/package:publisher/drive/…`. Those of the process's own package need no capability but to message
 * `vfs:distro:sys`. Every call waits 5 s at most. @throws FileError, SendError
 */
export const vfs = {
  /** Makes a drive of this package, when it is not there yet, and gives its path. */
  createDrive(name: string): string {
    const { process } = our()
    const path = `/${formatPackageId(process)}/${name}`
    perform(path, { kind: 'CreateDrive' }, 'Ok')
    return path
  },
  read: (path: string): Uint8Array => perform(path, { kind: 'Read' }, 'Read').bytes,
  readText: (path: string): string => textOf(perform(path, { kind: 'Read' }, 'Read').bytes),
  /** Reads a file without taking it into this process's memory: the next message that inherits carries it as its blob. */
  load: (path: string): void => void perform(path, { kind: 'Read' }, 'Read', { leaveBlob: true }),
  /** Replaces the whole file, and makes it when it is not there. */
  write(path: string, content: Uint8Array | string): void {
    perform(path, { kind: 'Write' }, 'Ok', { bytes: bodyBytes(content) })
  },
  append(path: string, content: Uint8Array | string): void {
    perform(path, { kind: 'Append' }, 'Ok', { bytes: bodyBytes(content) })
  },
  /** In no order; paths are relative to the vfs, without a leading slash: `hello:example.os/pkg/a.wasm`. */
  list: (path: string): readonly VfsEntry[] => perform(path, { kind: 'ReadDir' }, 'ReadDir').response.entries,
  makeFolder: (path: string): void => void perform(path, { kind: 'CreateDirAll' }, 'Ok'),
  removeFile: (path: string): void => void perform(path, { kind: 'RemoveFile' }, 'Ok'),
  removeFolder: (path: string): void => void perform(path, { kind: 'RemoveDirAll' }, 'Ok'),
  rename: (path: string, newPath: string): void => void perform(path, { kind: 'Rename', newPath }, 'Ok'),
  sizeBytes: (path: string): bigint => perform(path, { kind: 'Len' }, 'Len').response.len,
  exists(path: string): boolean {
    try {
      perform(path, { kind: 'Metadata' }, 'Metadata')
      return true
    } catch (error) {
      if (error instanceof FileError && error.code === 'IOError') return false
      throw error
    }
  },
}
