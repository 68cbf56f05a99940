import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckReport } from "../../src/diagnose/report/check.ts";
import type { StatusReport } from "../../src/diagnose/report/status.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { apply, createNamespace, kubectl, type Outcome, outcomeOf } from "./kubectl.ts";

// A whole installation with running pods: what is only there with a node, that is certificates as they are served, metrics,
// connected proxies, and pods that slip through while the injector is away.

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const NAMESPACE = "check-status";
const OLD = "appmesh-controller-mutating-webhook-configuration";
const READY = "--timeout=150s";

beforeAll(async () => {
  await succeed("install", "--mesh-name", "mynewmesh");
  await createNamespace(NAMESPACE, { [INJECT_KEY]: "enabled" });
  await deploy("web", { replicas: 2 });
}, 300_000);

afterAll(async () => {
  await kubectl("delete", "namespace", NAMESPACE, "--wait=false");
  await kubectl("delete", "mutatingwebhookconfiguration", OLD, "--ignore-not-found");
  await succeed("uninstall");
}, 300_000);

function outrigger(...argv: readonly string[]): Promise<Outcome> {
  return outcomeOf(process.execPath, [MAIN, ...argv]);
}

async function succeed(...argv: readonly string[]): Promise<void> {
  const { code, stderr } = await outrigger(...argv);
  if (code !== 0) throw new Error(`outrigger ${argv.join(" ")}: ${stderr}`);
}

async function deploy(name: string, { replicas }: { readonly replicas: number }): Promise<void> {
  const labels = { app: name };
  const containers = [{ name: "app", image: "nginx", ports: [{ containerPort: 80 }] }];
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers } };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  await apply({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: NAMESPACE }, spec });
  await kubectl("rollout", "status", "-n", NAMESPACE, `deployment/${name}`, READY);
}

async function check() {
  const { code, stdout, stderr } = await outrigger("check", "-n", NAMESPACE, "--output", "json");
  if (stdout === "") throw new Error(stderr);
  const { checks } = JSON.parse(stdout) as CheckReport;
  return { code, checks, of: (id: string) => checks.find((one) => one.id === id) };
}

async function status(): Promise<StatusReport> {
  const { stdout, stderr } = await outrigger("status", "-n", NAMESPACE, "--output", "json");
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as StatusReport;
}

describe("check of a whole installation", () => {
  test("finds nothing wrong, with the certificates that are really served", async () => {
    const { code, checks, of } = await check();
    expect(checks.flatMap(({ id, problems }) => problems.map(({ saw }) => `${id}: ${saw}`))).toEqual([]);
    expect(code).toBe(0);
    expect(of("webhook-certificate")?.found).toContain("1 certificate served");
    expect(of("mesh-trust")?.found).toContain("1 certificate served");
    expect(of("admissions")?.found).toMatch(/ago; \d+ calls? since/);
    expect(of("round-trip")?.found).toBe(`injected in 1 of 1 namespace (${NAMESPACE})`);
  });

  test("says that an old registration points at nothing", async () => {
    await apply({
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata: { name: OLD },
      webhooks: [
        {
          name: "mpod.appmesh.k8s.aws",
          admissionReviewVersions: ["v1"],
          clientConfig: { service: { namespace: "appmesh-system", name: "appmesh-controller-webhook-service" } },
          rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
          namespaceSelector: { matchLabels: { [INJECT_KEY]: "enabled" } },
          failurePolicy: "Ignore",
          sideEffects: "None",
        },
      ],
    });
    const { code, of } = await check();
    await kubectl("delete", "mutatingwebhookconfiguration", OLD);
    expect(code).toBe(1);
    expect(of("other-injectors")?.problems[0]?.saw).toContain("it points at nothing");
  });
});

describe("status of a whole installation", () => {
  test("shows each proxy connected, with the node that its pod makes it", async () => {
    const node = { mesh: "mynewmesh", kind: "virtualNode", name: `${NAMESPACE}-web` };
    await expect
      .poll(async () => (await status()).controlPlane.streams.filter(({ pod }) => pod.namespace === NAMESPACE).length)
      .toBe(2);
    const { workloads, controlPlane, notes } = await status();
    const web = workloads.find(({ name }) => name === "web");
    expect(notes).toEqual([]);
    expect(web?.pods.map(({ verdict, drift }) => ({ verdict, drift }))).toEqual([
      { verdict: "injected", drift: [] },
      { verdict: "injected", drift: [] },
    ]);
    const streams = controlPlane.streams.filter(({ pod }) => pod.namespace === NAMESPACE);
    expect(streams.map(({ resolved, agrees }) => ({ resolved, agrees }))).toEqual([
      { resolved: node, agrees: true },
      { resolved: node, agrees: true },
    ]);
  });

  test("and check tell what slipped through while the injector was away", { timeout: 300_000 }, async () => {
    const injector = ["-n", "appmesh-inject", "deployment/aws-app-mesh-inject"];
    await kubectl("scale", ...injector, "--replicas=0");
    await kubectl(
      "wait",
      "-n",
      "appmesh-inject",
      "--for=delete",
      "pod",
      "-l",
      "app.kubernetes.io/name=aws-app-mesh-inject",
      READY,
    );
    try {
      const away = await check();
      expect(away.code).toBe(1);
      expect(away.of("injector")?.problems[0]?.hint).toContain("kubectl scale");
      expect(away.of("round-trip")?.problems[0]?.saw).toContain("came back without a sidecar");
      await deploy("slipped", { replicas: 1 });
    } finally {
      await kubectl("scale", ...injector, "--replicas=1");
      await kubectl("rollout", "status", ...injector, READY);
    }
    const { workloads } = await status();
    expect(workloads.find(({ name }) => name === "slipped")?.pods.map(({ verdict }) => verdict)).toEqual([
      "slipped-through",
    ]);
    const problems = (await check()).of("sidecars")?.problems;
    expect(problems).toMatchObject([{ hint: `kubectl rollout restart deployment/slipped -n ${NAMESPACE}` }]);
    await kubectl("rollout", "restart", "-n", NAMESPACE, "deployment/slipped");
    await kubectl("rollout", "status", "-n", NAMESPACE, "deployment/slipped", READY);
    await expect.poll(async () => (await status()).summary).toMatchObject({ injected: 3, "slipped-through": 0 });
  });

  test("goes on without a control plane, and says so", async () => {
    const controlPlane = ["-n", "appmesh-system", "deployment/outrigger-control-plane"];
    await kubectl("scale", ...controlPlane, "--replicas=0");
    await kubectl(
      "wait",
      "-n",
      "appmesh-system",
      "--for=delete",
      "pod",
      "-l",
      "app.kubernetes.io/name=outrigger-control-plane",
      READY,
    );
    try {
      const { workloads, notes } = await status();
      expect(notes).toEqual(["who is connected is not known: no replica of the control plane is ready"]);
      expect(workloads[0]?.pods[0]?.stream).toBe("unknown");
    } finally {
      await kubectl("scale", ...controlPlane, "--replicas=1");
      await kubectl("rollout", "status", ...controlPlane, READY);
    }
  });
});
