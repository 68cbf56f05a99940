export type ManifestErrorCode = "too-large" | "not-utf-8" | "bad-yaml" | "too-deep" | "too-many-aliases";

/** Text that cannot be read as Kubernetes manifests; the message says where and what was expected. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
  readonly code: ManifestErrorCode;
  /** One-based line of the input; undefined when the whole input is meant. */
  readonly line: number | undefined;

  constructor(code: ManifestErrorCode, message: string, options: { line?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.line = options.line;
  }
}
