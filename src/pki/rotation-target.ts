import { read, type Writer } from "../kube/writes.ts";
import { member, stringOf } from "../model/json.ts";
import { INJECTOR_NAME, OBJECT_WEBHOOK_NAME } from "../model/names.ts";
import { TRUST } from "../model/trust.ts";
import type { SecretName } from "./authority-secret.ts";
import { MESH_AUTHORITY, MESH_COMMON_NAME, OBJECT_REGISTRATIONS } from "./mesh-authority.ts";
import { bundlesIn, registrationReference } from "./registration-bundle.ts";
import { WEBHOOK_AUTHORITY, WEBHOOK_COMMON_NAME } from "./webhook-authority.ts";

/** An authority as a person rotates it. */
export interface RotationTarget {
  readonly name: "mesh" | "webhook";
  readonly secret: SecretName;
  readonly commonName: string;
  /** Who makes it and goes on with it. */
  readonly owner: string;
  /** Where its bundle is published. */
  readonly place: string;
  /** The bundles that are there; empty when nothing is. */
  readonly published: (reader: Pick<Writer, "client" | "signal">) => Promise<readonly string[]>;
  /** Whether a place without a bundle means that nobody verifies. */
  readonly whenAbsent: "nobody-verifies" | "not-yet";
  /** Who finds out that everybody has a new root: its owner, or whoever rotates, by the pods. */
  readonly delivery: "by-owner" | "to-pods";
}

/** In the order in which they are rotated. */
export const ROTATION_TARGETS: readonly RotationTarget[] = [
  {
    name: "webhook",
    secret: WEBHOOK_AUTHORITY,
    commonName: WEBHOOK_COMMON_NAME,
    owner: `the injector (Deployment ${INJECTOR_NAME} in namespace ${WEBHOOK_AUTHORITY.namespace})`,
    place: `caBundle of MutatingWebhookConfiguration ${INJECTOR_NAME}`,
    published: async (reader) => bundlesIn(await read(reader, registrationReference(INJECTOR_NAME))),
    whenAbsent: "nobody-verifies",
    delivery: "by-owner",
  },
  {
    name: "mesh",
    secret: MESH_AUTHORITY,
    commonName: MESH_COMMON_NAME,
    owner: `the control plane (Deployment outrigger-control-plane in namespace ${MESH_AUTHORITY.namespace})`,
    place: `key ${TRUST.key} of ConfigMap ${TRUST.name} in namespace ${TRUST.namespace}, caBundle of the registrations ${OBJECT_WEBHOOK_NAME}`,
    async published(reader) {
      const { namespace, name } = TRUST;
      const object = await read(reader, { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name } });
      const pem = stringOf(member(member(object, "data"), TRUST.key));
      if (pem === undefined) return [];
      const registrations = await Promise.all(OBJECT_REGISTRATIONS.map((reference) => read(reader, reference)));
      // one without a bundle verifies nothing
      return [pem, ...registrations.flatMap(bundlesIn).filter((bundle) => bundle !== "")];
    },
    whenAbsent: "not-yet",
    delivery: "to-pods",
  },
];
