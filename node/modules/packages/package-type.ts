/** The type of the body that brings a package to a node; never one that a form of another site can send. */
export const PACKAGE_TYPE = 'application/zip'
