/** A call to the Kubernetes API that failed. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  /**
   * `no-cluster`: there is no address to call. `no-such-name`: somebody named what is not there: a namespace, a context or a file
   * of a kubeconfig. `unreachable`: no answer. `timeout`: none in time. `status`: the API server
   * answered with an error. `malformed`: it answered with something that is not its protocol.
   */
  readonly code: "no-cluster" | "no-such-name" | "unreachable" | "timeout" | "status" | "malformed";
  /** HTTP status, or the code of a Status object; 0 unless the code is `status`. */
  readonly status: number;
  /** The API server's own word for it, such as `AlreadyExists` or `Conflict`; empty when it gave none. */
  readonly reason: string;

  constructor(
    code: KubeError["code"],
    message: string,
    details: ErrorOptions & { readonly status?: number; readonly reason?: string } = {},
  ) {
    super(message, details);
    this.code = code;
    this.status = details.status ?? 0;
    this.reason = details.reason ?? "";
  }
}
