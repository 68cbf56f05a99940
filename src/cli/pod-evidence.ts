import { labelledAt } from "../cluster/labelled-at.ts";
import { MUTATING_WEBHOOKS } from "../kube/object-path.ts";
import { type JsonObject, member, stringOf } from "../model/json.ts";
import { INJECT_KEY, INJECTOR_NAME } from "../model/names.ts";
import { createdAt } from "../model/object-metadata.ts";
import type { ClusterReader } from "./cluster-reader.ts";
import { apiPath } from "./live-target.ts";

/** Events older than the last few say little about a pod of today. */
const MOST_EVENTS = 10;

/**
 * What the cluster still knows about why a running pod has no sidecar: its age against that of the namespace's label
 * and of the registration, and its events. One sentence each.
 */
export async function podEvidence(
  pod: JsonObject,
  namespace: JsonObject | undefined,
  cluster: ClusterReader,
): Promise<readonly string[]> {
  const registration = await cluster.one(`${MUTATING_WEBHOOKS}/${INJECTOR_NAME}`);
  const born = createdAt(pod);
  return [
    `the pod has no sidecar and was created ${born ?? "at a time unknown"}`,
    aboutRegistration(registration, born),
    aboutLabel(namespace, born),
    ...(await events(pod, cluster)),
  ];
}

function aboutRegistration(registration: JsonObject | undefined, born: string | undefined): string {
  if (registration === undefined) {
    return `there is no MutatingWebhookConfiguration ${INJECTOR_NAME}: nothing asks the injector about new pods`;
  }
  const since = createdAt(registration);
  return since !== undefined && born !== undefined && since > born
    ? `the injector was registered only ${since}, after the pod: create the pod again`
    : `the injector is registered since ${since ?? "a time unknown"}, before the pod`;
}

function aboutLabel(namespace: JsonObject | undefined, born: string | undefined): string {
  const value = stringOf(member(member(member(namespace, "metadata"), "labels"), INJECT_KEY));
  if (value === undefined) return `the namespace has no label ${INJECT_KEY}: the injector is never asked`;
  const since = labelledAt(namespace);
  const what = `the namespace's label ${INJECT_KEY} is ${value}`;
  if (since === undefined) return `${what}, since when is not recorded`;
  return born !== undefined && since > born
    ? `${what} and was last set ${since}, after the pod: create the pod again`
    : `${what} since ${since} or earlier, before the pod`;
}

async function events(pod: JsonObject, cluster: ClusterReader): Promise<readonly string[]> {
  const metadata = member(pod, "metadata");
  const uid = stringOf(member(metadata, "uid")) ?? "";
  const path = apiPath("v1", "events", stringOf(member(metadata, "namespace")) ?? "default");
  const found = await cluster.list(`${path}?fieldSelector=${encodeURIComponent(`involvedObject.uid=${uid}`)}`);
  return found.slice(-MOST_EVENTS).map((event) => {
    const text = (key: string): string => stringOf(member(event, key)) ?? "";
    return `event ${text("lastTimestamp") || text("eventTime")} ${text("reason")}: ${text("message")}`;
  });
}
