import type { CertificateSecretFacts } from "./certificate-secrets.ts";
import type { NamespaceFacts, ServiceFacts } from "./facts.ts";
import type { MeshObject, ObjectRef } from "./mesh-object.ts";
import type { Misfit } from "./parse-object.ts";

/** One object before and after a change; undefined: it was not there, or is not there any more. */
export interface ObjectChange {
  readonly kind: "object";
  readonly ref: ObjectRef;
  readonly before: MeshObject | undefined;
  /** Of an object that does not fit its schema, its last state that did. */
  readonly after: MeshObject | undefined;
  /** Why the object as it is stored cannot be read, and the fields of it that nobody knows; empty: it can be read, or it is gone. */
  readonly refused: readonly Misfit[];
}

/** A namespace before and after: its labels choose meshes, its annotations settings. */
export interface NamespaceChange {
  readonly kind: "namespace";
  readonly name: string;
  readonly before: NamespaceFacts | undefined;
  readonly after: NamespaceFacts | undefined;
}

/** A Kubernetes Service before and after: a virtual service of its name is called at its addresses. */
export interface ServiceChange {
  readonly kind: "service";
  readonly namespace: string;
  readonly name: string;
  readonly before: ServiceFacts | undefined;
  readonly after: ServiceFacts | undefined;
}

/** A Secret that an ARN means: what it is good for. */
export interface CertificateSecretChange {
  readonly kind: "certificateSecret";
  /** Its name in the control plane's namespace. */
  readonly name: string;
  readonly after: CertificateSecretFacts;
}

export type MeshChange = ObjectChange | NamespaceChange | ServiceChange | CertificateSecretChange;

/** Whoever tells changes. */
export interface ChangeSource {
  /** Tells everything that is known, and from then on what changes, until the signal. The listener must not throw. */
  onChange(listener: (changes: readonly MeshChange[]) => void, signal: AbortSignal): void;
}
