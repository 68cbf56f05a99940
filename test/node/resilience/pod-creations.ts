import { setTimeout as wait } from "node:timers/promises";
import { kubeClient } from "../../../src/kube/client.ts";
import { kubeEndpoint } from "../../../src/kube/endpoint.ts";
import { type JsonObject, member, stringMapOf, stringOf } from "../../../src/model/json.ts";
import { RECORD_KEY } from "../../../src/model/names.ts";

/** What became of pods that were created one after the other. */
export interface Creations {
  /** Names of pods that have the sidecar. */
  readonly injected: readonly string[];
  /** Names of pods that were created without. */
  readonly slipped: readonly string[];
  /** What the API server, or the connection to it, said to each that was not created. */
  readonly refused: readonly string[];
}

/** Between two creations. */
const PACE_MS = 100;
/** Longer than an API server waits for a webhook. */
const CALL_MS = 30_000;

/** Creates one pod that no node takes: it costs the cluster nothing but its admission. @throws KubeError when it is refused. */
export async function createWaitingPod(
  namespace: string,
): Promise<{ readonly name: string; readonly injected: boolean }> {
  const client = kubeClient(await kubeEndpoint("", process.env));
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { generateName: "waiting-", namespace },
    spec: {
      nodeSelector: { "outrigger.test/node": "none" },
      containers: [{ name: "app", image: "testbed/app:1", ports: [{ containerPort: 8080 }] }],
    },
  };
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { signal } = new AbortController();
  return outcome(await client.send({ method: "POST", path, body, signal, timeout: CALL_MS }));
}

function outcome({ metadata }: JsonObject): { readonly name: string; readonly injected: boolean } {
  const annotations = stringMapOf(member(metadata, "annotations"));
  return { name: stringOf(member(metadata, "name")) ?? "", injected: RECORD_KEY in annotations };
}

/** Creates such pods ten times a second while something happens, whatever becomes of each. */
export async function creationsDuring(namespace: string, something: () => Promise<void>): Promise<Creations> {
  const [injected, slipped, refused]: [string[], string[], string[]] = [[], [], []];
  const one = async (): Promise<void> => {
    try {
      const pod = await createWaitingPod(namespace);
      (pod.injected ? injected : slipped).push(pod.name);
    } catch (error) {
      refused.push((error as Error).message);
    }
  };
  const over = new AbortController();
  const creating = (async () => {
    const calls: Promise<void>[] = [];
    while (!over.signal.aborted) {
      calls.push(one());
      await wait(PACE_MS);
    }
    await Promise.all(calls);
  })();
  try {
    await something();
  } finally {
    over.abort();
    await creating;
  }
  return { injected, slipped, refused };
}
