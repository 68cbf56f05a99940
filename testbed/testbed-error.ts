/**
 * What can stop the testbed:
 * - `usage`: the command or a setting makes no sense;
 * - `unavailable`: this machine lacks something that the tier needs (the message names it and the way out);
 * - `build`: building Kubernetes or etcd from source failed;
 * - `start`: a server did not become ready;
 * - `name-taken`, `not-running`: a cluster of that name is there already, or is not there.
 */
export type TestbedErrorCode = "usage" | "unavailable" | "build" | "start" | "name-taken" | "not-running";

export class TestbedError extends Error {
  override readonly name = "TestbedError";
  readonly code: TestbedErrorCode;

  constructor(code: TestbedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
