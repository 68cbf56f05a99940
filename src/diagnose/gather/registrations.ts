import {
  type AppMeshWebhooks,
  appMeshWebhooks,
  WEBHOOK_COLLECTIONS,
} from "../../install/preflight/app-mesh-webhooks.ts";
import type { JsonObject } from "../../model/json.ts";
import { OBJECT_WEBHOOK_NAME } from "../../model/names.ts";
import { nameOf } from "../../model/object-metadata.ts";
import { mapped, type Reading, together, valueIn } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/** All webhook registrations of one kind. */
export interface Registrations {
  readonly kind: AppMeshWebhooks["kind"];
  readonly objects: Reading<readonly JsonObject[]>;
}

/** The registrations of both kinds, each collection read once. */
export function readRegistrations(reads: ClusterReads): Promise<readonly Registrations[]> {
  return Promise.all(
    WEBHOOK_COLLECTIONS.map(async ([kind, path]) => ({
      kind,
      objects: await reads.list(path, "whole", (object) => object),
    })),
  );
}

/** The MutatingWebhookConfigurations. */
export function mutatingOnes(all: readonly Registrations[]): Reading<readonly JsonObject[]> {
  return all.find(({ kind }) => kind === "MutatingWebhookConfiguration")?.objects ?? { kind: "absent" };
}

/** Entries for App Mesh's objects of both kinds of registration. */
export function appMeshWebhooksOf(all: readonly Registrations[]): Reading<readonly AppMeshWebhooks[]> {
  return together(all.map(({ kind, objects }) => mapped(objects, (found) => appMeshWebhooks(kind, found))));
}

/** The registrations of our webhook for App Mesh objects, with their kinds; unread where either kind is. */
export function objectRegistrationsOf(all: readonly Registrations[]): Reading<readonly JsonObject[]> {
  const unread = all.map(({ objects }) => objects).find(({ kind }) => kind !== "read");
  if (unread !== undefined) return unread;
  const ours = all.flatMap(({ kind, objects }) =>
    (valueIn(objects) ?? [])
      .filter((object) => nameOf(object) === OBJECT_WEBHOOK_NAME)
      .map((object) => ({ ...object, kind })),
  );
  return { kind: "read", value: ours };
}
