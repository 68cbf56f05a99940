import { type KubeClient, kubeClient } from "../src/kube/client.ts";
import { kubeEndpoint } from "../src/kube/endpoint.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../src/model/json.ts";
import { seen } from "./seen.ts";

const CALL_MS = 30_000;

/** Pods of one namespace, as the benchmarks need them. */
export class BenchPods {
  readonly #client: KubeClient;
  readonly #path: string;
  readonly #signal = new AbortController().signal;

  private constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#path = `/api/v1/namespaces/${namespace}/pods`;
  }

  /** In the cluster of `KUBECONFIG`. */
  static async of(namespace: string): Promise<BenchPods> {
    return new BenchPods(kubeClient(await kubeEndpoint("", process.env)), namespace);
  }

  /** Creates a pod, and says how many milliseconds after the call its condition Ready was seen; leaves it running. */
  async timeToReady(pod: JsonObject): Promise<{ readonly milliseconds: number; readonly pod: JsonObject }> {
    const name = stringOf(member(pod["metadata"], "name")) ?? "";
    const seen = this.#seen(name, (event) => event["type"] !== "DELETED" && isReady(event["object"] as JsonObject));
    const begun = performance.now();
    await this.#client.send({ method: "POST", path: this.#path, body: pod, signal: this.#signal, timeout: CALL_MS });
    const event = await seen;
    return { milliseconds: performance.now() - begun, pod: event["object"] as JsonObject };
  }

  /** Deletes a pod and waits until it is gone. */
  async remove(name: string): Promise<void> {
    const gone = this.#seen(name, (event) => event["type"] === "DELETED");
    const path = `${this.#path}/${name}?gracePeriodSeconds=1`;
    await this.#client.send({ method: "DELETE", path, signal: this.#signal, timeout: CALL_MS });
    await gone;
  }

  #seen(name: string, isIt: (event: JsonObject) => boolean): Promise<JsonObject> {
    return seen(this.#client, `${this.#path}?watch=true&fieldSelector=metadata.name%3D${name}`, isIt);
  }
}

function isReady(pod: JsonObject): boolean {
  const conditions = objectsOf(member(pod["status"], "conditions"));
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}
