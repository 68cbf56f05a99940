/** An installation, or a removal, that did not come to its end. The message says what was found, where, and what to do. */
export class InstallError extends Error {
  override readonly name = "InstallError";
  /**
   * `refused`: the cluster is not fit for it; nothing was changed. `not-ready`: something did not become ready in time; what was
   * applied stays. `changed-meanwhile`: somebody else changed an object between reading and writing it, again and again.
   */
  readonly code: "refused" | "not-ready" | "changed-meanwhile";

  constructor(code: InstallError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Why a cluster is not fit, and what helps. */
export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
}

/** All reasons in one error, so that nobody meets them one after the other. */
export function refused(refusals: readonly Refusal[]): InstallError {
  const lines = refusals.map(({ reason, remedy }) => `  ${reason}\n    ${remedy}`);
  return new InstallError("refused", `nothing was changed, because:\n${lines.join("\n")}`);
}

/** Of removals side by side that failed: whatever stays in one error; another failure than `not-ready` comes first, as it is. */
export function allThatStay(failures: readonly unknown[]): unknown {
  const messages: string[] = [];
  for (const failure of failures) {
    if (!(failure instanceof InstallError) || failure.code !== "not-ready") return failure;
    messages.push(failure.message);
  }
  return new InstallError("not-ready", messages.join("\n"));
}
