import type { KubeError } from "../kube/kube-error.ts";
import { EXIT, type ExitCode } from "./exit.ts";

/** The words of an API server that a right is missing; those of webhooks and policies, with the same status, are others. */
const FORBIDDEN = /is forbidden: (User "[^"\n]*") cannot (\S.*)$/s;

/** What a failed call to the Kubernetes API is to a person, and how the command ends: a name that is not there is the caller's to correct. */
export function kubeFailure({ code, status, message }: KubeError): {
  readonly text: string;
  readonly exitCode: ExitCode;
} {
  const exitCode = code === "no-such-name" ? EXIT.usage : EXIT.unreachable;
  if (status === 401) {
    const text = `the API server does not accept the credentials of this kubeconfig: log in again, or choose another --context (${message})`;
    return { text, exitCode };
  }
  const [, user, action] = (status === 403 ? FORBIDDEN.exec(message) : null) ?? [];
  if (user === undefined || action === undefined) return { text: message, exitCode };
  const text = `not allowed: ${user} cannot ${action}; ask an administrator for that right, or choose another --context`;
  return { text, exitCode };
}
