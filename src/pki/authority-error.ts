/** An authority's Secret that cannot be used. It is never written over: the message says what to do. */
export class AuthorityError extends Error {
  override readonly name = "AuthorityError";
  /**
   * `foreign`: it holds something, but not an authority of ours. `version`: it was written by a newer release. `malformed`: it is
   * ours and damaged. `not-active`: there is no authority yet, or its owner does not go on with it.
   */
  readonly code: "foreign" | "version" | "malformed" | "not-active";

  constructor(code: AuthorityError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
