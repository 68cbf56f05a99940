/**
 * `invalid`: a variable of the environment cannot be used; all are listed. `tool-missing`: a program of iptables cannot be
 * started. `not-permitted`: a capability is missing. `unsupported`: the kernel lacks a feature. `unreadable`: the rules
 * that are there cannot be read. `in-use`: rules of somebody else lead to a chain that is to be removed. `busy`: no answer
 * in time. `failed`: a program of iptables failed for another reason. `not-in-place`: the rules were accepted, but are not
 * there.
 */
export type CaptureErrorCode =
  | "invalid"
  | "tool-missing"
  | "not-permitted"
  | "unsupported"
  | "unreadable"
  | "in-use"
  | "busy"
  | "failed"
  | "not-in-place";

/** The pod's traffic is not redirected as it should be. The family that the message is about was not changed. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
  readonly code: CaptureErrorCode;

  constructor(code: CaptureErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
