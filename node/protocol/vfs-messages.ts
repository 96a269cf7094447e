import { decoded, undecodable } from './errors.ts'
import {
  bool,
  byteArray,
  enumeration,
  i64,
  type JsonCodec,
  type JsonVariant,
  list,
  mapped,
  struct,
  structVariant,
  text,
  u64,
  unit,
  variant,
} from './json-codecs.ts'
import type { ProcessId } from './processes.ts'

/** The process that keeps files. */
export const VFS_PROCESS: ProcessId = { process: 'vfs', package: 'distro', publisher: 'sys' }

/** What vfs is asked to do with one path: `/package:publisher/drive/rest` (modules.md section 3). */
export type VfsRequest = { readonly path: string; readonly action: VfsAction }

export type VfsAction =
  /** Bytes to write come as the blob of Write, WriteAll, Append and AddZip. */
  | { readonly kind: PlainVfsAction }
  | { readonly kind: 'OpenFile'; readonly create: boolean }
  | { readonly kind: 'ReadExact'; readonly length: bigint }
  | { readonly kind: 'Seek'; readonly from: SeekFrom; readonly offset: bigint }
  | { readonly kind: 'Rename' | 'CopyFile'; readonly newPath: string }
  | { readonly kind: 'SetLen'; readonly length: bigint }

const PLAIN_ACTIONS = [
  'CreateDrive',
  'CreateDir',
  'CreateDirAll',
  'CreateFile',
  'CloseFile',
  'Write',
  'WriteAll',
  'Append',
  'SyncAll',
  'Read',
  'ReadDir',
  'ReadToEnd',
  'ReadToString',
  'RemoveFile',
  'RemoveDir',
  'RemoveDirAll',
  'Metadata',
  'AddZip',
  'Len',
  'Hash',
] as const
export type PlainVfsAction = (typeof PLAIN_ACTIONS)[number]

/** `Start` counts from the beginning, never negative; the others may be. */
export type SeekFrom = 'Start' | 'End' | 'Current'

export type VfsFileType = 'File' | 'Directory' | 'Symlink' | 'Other'
/** `path` is relative to the vfs, without a leading slash (modules.md section 3). */
export type VfsEntry = { readonly path: string; readonly fileType: VfsFileType }

/** Bytes read come as the blob of `Read`. */
export type VfsResponse =
  | { readonly kind: 'Ok' }
  | { readonly kind: 'Read' }
  | { readonly kind: 'ReadToString'; readonly text: string }
  | { readonly kind: 'ReadDir'; readonly entries: readonly VfsEntry[] }
  | { readonly kind: 'SeekFrom'; readonly newOffset: bigint }
  | { readonly kind: 'Metadata'; readonly fileType: VfsFileType; readonly len: bigint }
  | { readonly kind: 'Len'; readonly len: bigint }
  | { readonly kind: 'Hash'; readonly sha256: Uint8Array }
  | { readonly kind: 'Err'; readonly error: VfsError }

export type VfsError =
  | { readonly kind: 'NoWriteCap' | 'NoReadCap' | 'AddCapFailed' | 'MalformedRequest' | 'NoBlob' | 'UnzipError' }
  | { readonly kind: 'ParseError'; readonly error: string; readonly path: string }
  /** As the system words it: `No such file or directory (os error 2)`. */
  | { readonly kind: 'IOError'; readonly text: string }

type Seek = { readonly from: SeekFrom; readonly offset: bigint }
function seekCase(from: SeekFrom): JsonVariant<Seek & { readonly kind: SeekFrom }> {
  return variant<Seek & { readonly kind: SeekFrom }, SeekFrom, bigint>(
    from,
    from === 'Start' ? u64 : i64,
    ({ offset }) => offset,
    (offset) => ({ kind: from, from, offset }),
  )
}
const seek: JsonCodec<Seek> = mapped(
  enumeration([seekCase('Start'), seekCase('End'), seekCase('Current')]),
  ({ from, offset }: Seek) => ({ kind: from, from, offset }),
  ({ from, offset }) => decoded({ from, offset }),
)

function newPathCase(kind: 'Rename' | 'CopyFile'): JsonVariant<VfsAction> {
  return {
    tag: kind,
    matches: (value) => value.kind === kind,
    payload: mapped(
      struct<{ newPath: string }>({ newPath: ['new_path', text] }),
      (value: VfsAction) => ({ newPath: 'newPath' in value ? value.newPath : '' }),
      ({ newPath }) => decoded<VfsAction>({ kind, newPath }),
    ),
    unit: undefined,
  }
}

const action: JsonCodec<VfsAction> = enumeration<VfsAction>([
  ...PLAIN_ACTIONS.map((kind) => unit<VfsAction>({ kind })),
  structVariant<VfsAction, 'OpenFile'>('OpenFile', { create: ['create', bool] }),
  structVariant<VfsAction, 'ReadExact'>('ReadExact', { length: ['length', u64] }),
  variant<VfsAction, 'Seek', Seek>(
    'Seek',
    seek,
    (value) => value,
    (value) => ({ kind: 'Seek', ...value }),
  ),
  newPathCase('Rename'),
  newPathCase('CopyFile'),
  variant<VfsAction, 'SetLen', bigint>(
    'SetLen',
    u64,
    ({ length }) => length,
    (length) => ({ kind: 'SetLen', length }),
  ),
])

export const vfsRequestJson: JsonCodec<VfsRequest> = struct<VfsRequest>({
  path: ['path', text],
  action: ['action', action],
})

const FILE_TYPES: readonly string[] = ['File', 'Directory', 'Symlink', 'Other'] satisfies VfsFileType[]
const fileType: JsonCodec<VfsFileType> = mapped(
  text,
  (value: VfsFileType): string => value,
  (value) =>
    FILE_TYPES.includes(value)
      ? decoded(value as VfsFileType)
      : undecodable(`it is not one of ${FILE_TYPES.join(', ')}`),
)

const entries = list(struct<VfsEntry>({ path: ['path', text], fileType: ['file_type', fileType] }))

const vfsError: JsonCodec<VfsError> = enumeration<VfsError>([
  unit<VfsError>({ kind: 'NoWriteCap' }),
  unit<VfsError>({ kind: 'NoReadCap' }),
  unit<VfsError>({ kind: 'AddCapFailed' }),
  unit<VfsError>({ kind: 'MalformedRequest' }),
  unit<VfsError>({ kind: 'NoBlob' }),
  unit<VfsError>({ kind: 'UnzipError' }),
  structVariant<VfsError, 'ParseError'>('ParseError', { error: ['error', text], path: ['path', text] }),
  variant<VfsError, 'IOError', string>(
    'IOError',
    text,
    (value) => value.text,
    (words) => ({ kind: 'IOError', text: words }),
  ),
])

export const vfsResponseJson: JsonCodec<VfsResponse> = enumeration<VfsResponse>([
  unit<VfsResponse>({ kind: 'Ok' }),
  unit<VfsResponse>({ kind: 'Read' }),
  variant<VfsResponse, 'ReadToString', string>(
    'ReadToString',
    text,
    (value) => value.text,
    (words) => ({ kind: 'ReadToString', text: words }),
  ),
  variant<VfsResponse, 'ReadDir', readonly VfsEntry[]>(
    'ReadDir',
    entries,
    (value) => value.entries,
    (read) => ({ kind: 'ReadDir', entries: read }),
  ),
  structVariant<VfsResponse, 'SeekFrom'>('SeekFrom', { newOffset: ['new_offset', u64] }),
  structVariant<VfsResponse, 'Metadata'>('Metadata', { fileType: ['file_type', fileType], len: ['len', u64] }),
  variant<VfsResponse, 'Len', bigint>(
    'Len',
    u64,
    ({ len }) => len,
    (len) => ({ kind: 'Len', len }),
  ),
  variant<VfsResponse, 'Hash', Uint8Array>(
    'Hash',
    byteArray,
    ({ sha256 }) => sha256,
    (sha256) => ({ kind: 'Hash', sha256 }),
  ),
  variant<VfsResponse, 'Err', VfsError>(
    'Err',
    vfsError,
    ({ error }) => error,
    (error) => ({ kind: 'Err', error }),
  ),
])
