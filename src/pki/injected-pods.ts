import { KubeError } from "../kube/kube-error.ts";
import type { Writer } from "../kube/writes.ts";
import { type JsonObject, member, objectsOf, stringMapOf, stringOf } from "../model/json.ts";
import { RECORD_KEY, TRUST_KEY } from "../model/names.ts";
import { ROTATION_LIMITS } from "./rotation-limits.ts";

/** A running pod whose sidecar verifies the control plane by its annotation. */
export interface InjectedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** PEM. */
  readonly trust: string;
}

type Reader = Pick<Writer, "client" | "signal">;

/** All of them, of every namespace; pods that are ending, or have ended, need nothing any more. Rejects with KubeError. */
export async function injectedPods({ client, signal }: Reader): Promise<readonly InjectedPod[]> {
  const pods: InjectedPod[] = [];
  for (let token = ""; ; ) {
    const query = new URLSearchParams({
      limit: String(ROTATION_LIMITS.pageSize),
      fieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
      ...(token !== "" && { continue: token }),
    });
    const call = { content: "metadata", signal, timeout: ROTATION_LIMITS.call } as const;
    const page = await client.get(`/api/v1/pods?${query.toString()}`, call);
    for (const object of objectsOf(member(page, "items"))) pods.push(...injected(object));
    token = stringOf(member(member(page, "metadata"), "continue")) ?? "";
    if (token === "") return pods;
  }
}

function injected(object: JsonObject): readonly InjectedPod[] {
  const metadata = member(object, "metadata");
  const annotations = stringMapOf(member(metadata, "annotations"));
  const trust = annotations[TRUST_KEY];
  if (annotations[RECORD_KEY] === undefined || trust === undefined) return [];
  if (member(metadata, "deletionTimestamp") !== undefined) return [];
  const text = (key: string): string => stringOf(member(metadata, key)) ?? "";
  return [{ namespace: text("namespace"), name: text("name"), uid: text("uid"), trust }];
}

/**
 * Writes the bundle into the pod's annotation, from where the kubelet brings it to the sidecar. `gone`: there is no such pod any
 * more, or another one of its name. Rejects with KubeError when the API server refuses it.
 */
export async function giveTrust(writer: Writer, pod: InjectedPod, bundle: string): Promise<"given" | "gone"> {
  const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}`;
  const { client, signal, fieldManager } = writer;
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send({
        method: "PATCH",
        patch: "merge",
        path: `${path}?fieldManager=${fieldManager}`,
        // with its UID, so that a new pod of the same name is not mistaken for it
        body: { metadata: { uid: pod.uid, annotations: { [TRUST_KEY]: bundle } } },
        signal,
        timeout: ROTATION_LIMITS.call,
      });
      return "given";
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (error.status === 404) return "gone";
      // another UID is an immutable field that changed (422); a policy of the cluster's may say that number too
      const isConflict = error.status === 409;
      if ((isConflict || error.status === 422) && !(await isThere(writer, path, pod.uid))) return "gone";
      if (!isConflict || attempt === ROTATION_LIMITS.attempts) throw error;
    }
  }
}

async function isThere({ client, signal }: Reader, path: string, uid: string): Promise<boolean> {
  try {
    const object = await client.get(path, { content: "metadata", signal, timeout: ROTATION_LIMITS.call });
    return member(member(object, "metadata"), "uid") === uid;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return false;
    throw error;
  }
}
