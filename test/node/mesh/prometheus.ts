import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { type JsonObject, listOf, member, objectsOf, stringOf } from "../../../src/model/json.ts";
import { prometheusProgram } from "../../../testbed/packages/prometheus.ts";
import { freePort } from "../../../testbed/process/free-port.ts";
import { progressOnStderr } from "../../../testbed/progress.ts";

/** A Prometheus that scrapes sidecars every second. */
export interface Prometheus {
  /** The value of a query whose answer is one number; undefined while there is none. */
  query(expression: string): Promise<number | undefined>;
  /** Labels of all series that a selector finds. */
  series(selector: string): Promise<readonly JsonObject[]>;
  stop(): Promise<void>;
}

const PATIENCE = { timeout: 120_000, interval: 100 };

/** A pod to scrape. */
export interface Scraped {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
}

/**
 * As the chart appmesh-prometheus scrapes (aws/eks-charts, stable/appmesh-prometheus): port 9901 of each pod's address, with the labels that
 * Flagger's queries ask for; and the sidecar's status port as a job of its own. The pods are given: Debian's program cannot ask Kubernetes.
 */
function configuration(pods: readonly Scraped[]): JsonObject {
  const job = (name: string, port: number, labelsOf: (pod: Scraped) => JsonObject): JsonObject => ({
    job_name: name,
    metrics_path: "/stats/prometheus",
    static_configs: pods.map((pod) => ({ targets: [`${pod.address}:${port}`], labels: labelsOf(pod) })),
  });
  return {
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: [
      job("appmesh-envoy", 9901, ({ namespace, name }) => ({
        kubernetes_namespace: namespace,
        kubernetes_pod_name: name,
      })),
      job("status", 15_020, ({ name }) => ({ pod: name })),
    ],
  };
}

export async function startPrometheus(pods: readonly Scraped[]): Promise<Prometheus> {
  const program = await prometheusProgram(progressOnStderr);
  const folder = await mkdtemp(join(tmpdir(), "outrigger-prometheus-"));
  const file = join(folder, "prometheus.yml");
  await writeFile(file, JSON.stringify(configuration(pods)));
  const port = await freePort();
  const flags = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child: ChildProcess = spawn(program, [...flags, "--log.level=error"], { stdio: "inherit" });
  const get = async (path: string): Promise<JsonObject> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(10_000) });
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return path.startsWith("/api/") ? ((await answer.json()) as JsonObject) : {};
  };
  await vi.waitFor(() => get("/-/ready"), PATIENCE);
  return {
    async query(expression) {
      const { data } = await get(`/api/v1/query?query=${encodeURIComponent(expression)}`);
      const [first] = objectsOf(member(data, "result"));
      const value = listOf(first?.["value"])[1];
      return value === undefined ? undefined : Number(stringOf(value));
    },
    async series(selector) {
      return objectsOf((await get(`/api/v1/series?match[]=${encodeURIComponent(selector)}`))["data"]);
    },
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      await rm(folder, { recursive: true });
    },
  };
}
