import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { objectsOf } from "../../src/model/json.ts";
import type { Finished } from "./command-line.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { registerWebhook } from "./registered-webhook.ts";
import { until } from "./until.ts";

/* scripts/install.sh with the real kubectl against a real API server: what it refuses, and what it waits for. */

const SCRIPT = join(import.meta.dirname, "../../scripts/install.sh");
const START_MS = 120_000;
const POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";

let cluster: OwnCluster;
let script: string;

beforeAll(async () => {
  cluster = await startOwnCluster();
  script = await readFile(SCRIPT, "utf8");
}, START_MS);

afterAll(() => cluster.stop());

type Environment = Readonly<Record<string, string>>;

/** Runs a text as `cat TEXT | bash -s -- ARGUMENTS` does, with the cluster's kubectl first on the path. */
async function bash(input: string, args: readonly string[], environment: Environment): Promise<Finished> {
  const child = spawn("bash", ["-s", "--", ...args], {
    env: {
      PATH: `${dirname(cluster.provided.kubectl)}:${process.env.PATH}`,
      HOME: process.env.HOME,
      KUBECONFIG: cluster.kubeconfig,
      ...environment,
    },
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: Number(code), stdout, stderr };
}

/** Only some of the script's functions: the text without its last line, which runs them all. */
function functions(environment: Environment, ...calls: readonly string[]): Promise<Finished> {
  return bash(`${script.replace(/\nmain "\$@"[^\n]*\n$/, "\n")}\n${calls.join("\n")}\n`, [], environment);
}

async function testNamespaces(): Promise<number> {
  const { body } = await cluster.api.send("GET", "/api/v1/namespaces?labelSelector=outrigger.dev%2Ftest-admission");
  return objectsOf(body.items).length;
}

describe("the test admission", () => {
  const wait = (timeout: number): Promise<Finished> =>
    functions(
      { MESH_NAME: "m", OUTRIGGER_TIMEOUT: String(timeout) },
      "read_options",
      "SECONDS=0",
      "await_test_admission",
    );

  test("is not passed by a warning where nothing is injected", async () => {
    const version = { apiVersion: "admissionregistration.k8s.io/v1" };
    await cluster.api.create(POLICIES, {
      ...version,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "warns" },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        },
        validations: [{ expression: "false", message: "we would rather not" }],
      },
    });
    await cluster.api.create(BINDINGS, {
      ...version,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: "warns" },
      spec: { policyName: "warns", validationActions: ["Warn"] },
    });
    await until(async () => {
      const pod = {
        metadata: { name: "p" },
        spec: { serviceAccountName: "d", containers: [{ name: "a", image: "a" }] },
      };
      const { warnings } = await cluster.api.send("POST", "/api/v1/namespaces/default/pods?dryRun=All", pod);
      return warnings.join().includes("we would rather not") ? undefined : "the policy does not hold yet";
    });
    const { code, stderr } = await wait(1);
    expect(stderr).toContain("a test pod was not injected in time: Warning: ");
    expect(code).toBe(1);
    await cluster.finishDeletions();
    expect(await testNamespaces()).toBe(0);
  });

  test("is passed when the pod comes back with its record, whatever else is printed", async () => {
    const webhook = await registerWebhook(cluster.api, cluster.provided);
    try {
      expect(await wait(30)).toMatchObject({ code: 0, stdout: "" });
    } finally {
      await webhook.stop();
      await cluster.api.send("DELETE", `${BINDINGS}/warns`);
      await cluster.api.send("DELETE", `${POLICIES}/warns`);
    }
    await cluster.finishDeletions();
    expect(await testNamespaces()).toBe(0);
  });
});
