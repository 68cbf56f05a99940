import { setTimeout as wait } from "node:timers/promises";
import { testAdmission } from "../../cluster/test-admission.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { create, remove, type Writer } from "../../kube/writes.ts";
import { type JsonObject, objectOf } from "../../model/json.ts";
import { APPMESH_PREFIX, INJECT_KEY, OUTRIGGER_PREFIX } from "../../model/names.ts";
import { createdAt } from "../../model/object-metadata.ts";
import { INSTALL_LIMITS } from "../limits.ts";
import { listAll } from "../lists.ts";
import { objectNameOf } from "../objects/object-name.ts";

/** Label of the namespaces that were made for a test admission, by which a later run finds what a killed one left. */
export const TEST_LABEL = `${OUTRIGGER_PREFIX}test-admission`;

const NAME_PREFIX = "outrigger-test-";

/** Whether a pod that ought to be injected is. */
export type TestInjection =
  | { readonly kind: "injected" }
  /** Created without a sidecar, refused, or not answered: in words. */
  | { readonly kind: "not-injected"; readonly problem: string };

/**
 * Offers the API server a pod in a labelled namespace (see `testAdmission`) again and again, until it comes back with a sidecar, or the deadline (of `performance.now()`) has passed. The namespace is made for it, because a dry run needs a real one and those of others
 * may have quotas and policies of their own, and removed in any case. Rejects with KubeError when it cannot be made.
 */
export async function testInjection(writer: Writer, deadline: number): Promise<TestInjection> {
  writer.signal.throwIfAborted();
  // not given up half-way, when it may have been made and nobody would know its name
  const making = { ...writer, signal: AbortSignal.timeout(INSTALL_LIMITS.testAdmission) };
  const namespace = objectNameOf(await create(making, NAMESPACE)).name;
  try {
    for (;;) {
      writer.signal.throwIfAborted();
      const outcome = await tryOnce(writer, namespace);
      if (outcome.kind === "injected" || performance.now() > deadline) return outcome;
      await wait(INSTALL_LIMITS.poll, undefined, { signal: writer.signal });
    }
  } finally {
    // also when the caller gave up: the namespace must not stay
    await removeNamespace({ ...writer, signal: AbortSignal.timeout(INSTALL_LIMITS.testAdmission) }, namespace);
  }
}

/**
 * Removes the namespaces that killed runs left, and says which: only ones with a name that we give, and older than a run may
 * take, because another run may be at work. `now` in milliseconds since 1970. Rejects with KubeError.
 */
export async function removeTestNamespaces(writer: Writer, now = Date.now()): Promise<readonly string[]> {
  const left = await listAll(writer, `/api/v1/namespaces?labelSelector=${encodeURIComponent(TEST_LABEL)}`, "metadata");
  const names = left.filter((namespace) => isLeft(namespace, now)).map((namespace) => objectNameOf(namespace).name);
  for (const name of names) await removeNamespace(writer, name);
  return names;
}

function isLeft(namespace: JsonObject, now: number): boolean {
  const age = now - Date.parse(createdAt(namespace) ?? "");
  return objectNameOf(namespace).name.startsWith(NAME_PREFIX) && age > INSTALL_LIMITS.testNamespace;
}

async function tryOnce(writer: Writer, namespace: string): Promise<TestInjection> {
  try {
    const pod = { ...POD, metadata: { ...objectOf(POD["metadata"]), namespace } };
    const admission = await testAdmission(writer, pod, INSTALL_LIMITS.testAdmission);
    switch (admission.kind) {
      case "injected":
        return { kind: "injected" };
      case "bare":
        return { kind: "not-injected", problem: "the pod came back without a sidecar" };
      case "refused":
        return { kind: "not-injected", problem: admission.why };
    }
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return { kind: "not-injected", problem: error.message };
  }
}

async function removeNamespace(writer: Writer, name: string): Promise<void> {
  await remove(writer, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
}

export const NAMESPACE: JsonObject = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    generateName: NAME_PREFIX,
    labels: {
      [TEST_LABEL]: "",
      [INJECT_KEY]: "enabled",
      // the redirection of traffic needs a capability that stricter levels refuse; nothing ever runs here
      "pod-security.kubernetes.io/enforce": "privileged",
      "pod-security.kubernetes.io/warn": "privileged",
      "pod-security.kubernetes.io/audit": "privileged",
    },
  },
};

/** Says itself all that settings could otherwise decide: whether it is injected, and its virtual node. */
export const POD: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "test-admission",
    annotations: { [INJECT_KEY]: "enabled", [`${APPMESH_PREFIX}virtualNode`]: "test-admission" },
  },
  spec: {
    serviceAccountName: "default",
    automountServiceAccountToken: false,
    containers: [{ name: "app", image: "never-pulled", ports: [{ containerPort: 8080 }] }],
  },
};
