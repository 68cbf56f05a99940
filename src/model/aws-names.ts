import type { Kind, NamedKind } from "./kinds.ts";
import { plainHost } from "./plain-host.ts";

/* Names in App Mesh: what they are where the object says nothing, and which namespace they speak of. */

/** The name that App Mesh gave an object without `spec.awsName`. */
export function standardAwsName(kind: NamedKind, name: string, namespace: string): string {
  switch (kind) {
    case "Mesh":
      return name;
    case "VirtualService":
      return `${name}.${namespace}`;
    default:
      return `${name}_${namespace}`;
  }
}

/** `spec.awsName`, or the standard one where it is absent or empty. */
export function effectiveAwsName(
  kind: NamedKind,
  metadata: { readonly name: string; readonly namespace: string },
  given: string | undefined,
): string {
  return given || standardAwsName(kind, metadata.name, metadata.namespace);
}

/**
 * What tells a name from the others of its kind: a service's is a host, and hosts are the same in any case and with a dot at the end or
 * without.
 */
export function distinctName(kind: Kind, awsName: string): string {
  return kind === "VirtualService" ? plainHost(awsName) : awsName;
}

/**
 * The namespaces that a name may speak of: `<name>_<namespace>` for most kinds, `<service>.<namespace>[.svc[.<domain>]]` for a
 * service. Undefined where it speaks of none; whether that namespace exists is for the caller to see.
 */
export function namespaceInName(kind: Kind, awsName: string): string | undefined {
  if (kind === "Mesh" || kind === "BackendGroup") return undefined;
  if (kind === "VirtualService") {
    const [, namespace, svc] = distinctName(kind, awsName).split(".");
    return namespace !== undefined && (svc === undefined || svc === "svc") ? namespace : undefined;
  }
  const at = awsName.lastIndexOf("_");
  return at > 0 && at < awsName.length - 1 ? awsName.slice(at + 1) : undefined;
}
