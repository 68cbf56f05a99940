import { apiRoot } from "../kube/object-path.ts";
import { CommandError } from "./exit.ts";

/** An object of a cluster that pods come from, or a pod. */
export interface LiveTarget {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Plural in the API's paths. */
  readonly resource: string;
}

/** API version, kind, plural, and kubectl's short names. */
const KINDS = [
  ["v1", "Pod", "pods", "po"],
  ["apps/v1", "Deployment", "deployments", "deploy"],
  ["apps/v1", "ReplicaSet", "replicasets", "rs"],
  ["apps/v1", "StatefulSet", "statefulsets", "sts"],
  ["apps/v1", "DaemonSet", "daemonsets", "ds"],
  ["batch/v1", "Job", "jobs", "job"],
  ["batch/v1", "CronJob", "cronjobs", "cj"],
  ["v1", "ReplicationController", "replicationcontrollers", "rc"],
] as const;

/** What KIND/NAME means: kinds as kubectl takes them. Throws CommandError for others. */
export function liveTarget(text: string): LiveTarget {
  const [word = "", name = "", ...rest] = text.split("/");
  const asked = word.toLowerCase();
  const found = knownKind(asked);
  if (found === undefined || name === "" || rest.length > 0) {
    const kinds = KINDS.map(([, kind]) => kind.toLowerCase()).join(", ");
    throw new CommandError("usage", `${text}: expected KIND/NAME, where KIND is one of ${kinds}`);
  }
  const [apiVersion, kind, resource] = found;
  return { apiVersion, kind, name, resource };
}

/** The kind that a word in small letters means, as kubectl takes it; undefined: none of these. */
export function liveKind(word: string): string | undefined {
  return knownKind(word)?.[1];
}

function knownKind(word: string) {
  return KINDS.find(([, kind, plural, short]) => [kind.toLowerCase(), plural, short].includes(word));
}

/** Path of a namespaced resource of the Kubernetes API, of one object when a name is given. */
export function apiPath(apiVersion: string, resource: string, namespace: string, name?: string): string {
  const list = `${apiRoot(apiVersion)}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
  return name === undefined ? list : `${list}/${encodeURIComponent(name)}`;
}
