/** The type of the body that brings a package to a node; never one that a form of another site can send. */
export const PACKAGE_TYPE = 'application/zip'
/** Longest package, zipped and with its metadata, in bytes. */
export const PACKAGE_MAX_BYTES = 32 * 1_024 * 1_024
