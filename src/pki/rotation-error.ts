/** A rotation that did not come to its end. Whatever was done stays and is right; the next run goes on there. */
export class RotationError extends Error {
  override readonly name = "RotationError";
  /**
   * `no-authority`: there is nothing to rotate. `too-many-roots`: too many were rotated recently. `not-published`, `not-active`:
   * whoever should have done that did not in time. `pods-refused`: annotations that could not be written.
   */
  readonly code: "no-authority" | "too-many-roots" | "not-published" | "not-active" | "pods-refused";

  constructor(code: RotationError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
