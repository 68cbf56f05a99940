import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROXY_IMAGES } from "../../src/config/schema.ts";
import { RELEASE } from "../../src/release.ts";
import { runClient } from "../../testbed/app/load/client.ts";
import type { LoadKind } from "../../testbed/app/load/client-options.ts";
import { apply, createNamespace, kubectl, outcomeOf } from "./kubectl.ts";

/* The images of the testbed as pods: that they run under the strictest rules, and that the test application does what the
   tests of the mesh rely on. */

const NAMESPACE = "testbed-images";
const OURS = `docker.io/outrigger/outrigger:${RELEASE}`;
const CHANGE_MS = 90_000;

const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};

function podSpec(container: object): object {
  return { terminationGracePeriodSeconds: 10, containers: [{ name: "it", securityContext: RESTRICTED, ...container }] };
}

function pod(name: string, container: object, more: object = {}): object {
  const metadata = { name, namespace: NAMESPACE, labels: { app: name } };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { ...podSpec(container), ...more } };
}

const here = (...args: readonly string[]) => kubectl("--namespace", NAMESPACE, ...args);
const ready = (name: string) => here("wait", "--for=condition=Ready", `pod/${name}`, "--timeout=150s");
const addressOf = (name: string) => here("get", "pod", name, "-o", "jsonpath={.status.podIP}");

beforeAll(async () => {
  await createNamespace(NAMESPACE, { "pod-security.kubernetes.io/enforce": "restricted" });
});

afterAll(async () => {
  await kubectl("delete", "namespace", NAMESPACE, "--wait=false");
});

describe("our own image", () => {
  it("takes a command of ours as its arguments, under the restricted profile", async () => {
    await apply(pod("version", { image: OURS, args: ["version"] }, { restartPolicy: "Never" }));
    await here("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/version", "--timeout=150s");
    expect(await here("logs", "version")).toBe(`outrigger ${RELEASE}\n`);
  });

  it("has the command, Node.js and what writes redirect rules on its path, and no shell", async () => {
    await apply(pod("idle", { image: OURS, command: ["node", "-e", "setInterval(() => {}, 1e6)"] }));
    await ready("idle");
    const inPod = (...command: readonly string[]) => here("exec", "idle", "--", ...command);
    expect(await inPod("outrigger", "version")).toContain(RELEASE);
    expect(await inPod("node", "--version")).toMatch(/^v24\./);
    for (const name of ["iptables-restore", "ip6tables-save", "iptables-nft"]) {
      expect(await inPod(name, "--version")).toContain("(nf_tables)");
    }
    expect(await inPod("ip6tables-legacy-restore", "--version")).toContain("(legacy)");
    expect(await inPod("nft", "--version")).toContain("nftables");
    const shell = await outcomeOf("kubectl", ["--namespace", NAMESPACE, "exec", "idle", "--", "sh", "-c", "true"]);
    expect(shell.stderr).toMatch(/"sh": executable file not found/);
  });
});

describe("Envoy's image", () => {
  it("runs with the injected container's security, and has no shell", async () => {
    const admin = { address: { socket_address: { address: "0.0.0.0", port_value: 9901 } } };
    const container = {
      image: PROXY_IMAGES.envoy,
      args: ["--config-yaml", JSON.stringify({ admin })],
      securityContext: { ...RESTRICTED, runAsUser: 1337, runAsGroup: 1337 },
      readinessProbe: { httpGet: { path: "/ready", port: 9901 }, periodSeconds: 1 },
    };
    await apply(pod("envoy", container));
    await ready("envoy");
    const info = await fetch(`http://${await addressOf("envoy")}:9901/server_info`);
    expect(await info.json()).toMatchObject({ version: expect.stringContaining("/1.40.0/"), state: "LIVE" });
    const shell = await outcomeOf("kubectl", ["--namespace", NAMESPACE, "exec", "envoy", "--", "sh", "-c", "true"]);
    expect(shell.stderr).toMatch(/"sh": executable file not found/);
  });
});

describe("the test application", () => {
  const args = ["--http", "8080", "--https", "8443", "--tcp", "9000", "--linger", "0"];
  const command = ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/probe/exec"];

  it.concurrent.each([
    ["http", "ready", { httpGet: { path: "/probe/ready", port: 8080 } }],
    ["https", "ready", { httpGet: { path: "/probe/ready", port: 8443, scheme: "HTTPS" } }],
    ["tcp", "tcp", { tcpSocket: { port: 9000 } }],
    ["grpc", "grpc", { grpc: { port: 8080 } }],
    ["exec", "exec", { exec: { command } }],
  ])("fails and passes a probe by %s when it is told to", async (name, probe, action) => {
    const readinessProbe = { ...action, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 5 };
    await apply(pod(name, { image: "testbed/app:1", args, readinessProbe }));
    await ready(name);
    const control = async (query: string) => {
      expect((await fetch(`http://${await addressOf(name)}:8080/control?${query}`)).status).toBe(200);
    };
    const readiness = (wanted: string) =>
      here("wait", `--for=condition=Ready=${wanted}`, `pod/${name}`, `--timeout=${CHANGE_MS / 1_000}s`);
    await control(`fail=${probe}`);
    await readiness("false");
    await control(`pass=${probe}`);
    await readiness("true");
    await here("delete", "pod", name, "--wait=false");
  });

  it("loses nothing when its Deployment is rolled over under load, so what a mesh adds can be told apart", async () => {
    const labels = { app: "rolled" };
    const container = {
      image: "testbed/app:1",
      args: ["--http", "8080", "--linger", "3000"],
      env: [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
      readinessProbe: { httpGet: { path: "/probe/ready", port: 8080 }, periodSeconds: 1 },
    };
    await apply(
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "rolled", namespace: NAMESPACE },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: podSpec(container) },
        },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "rolled", namespace: NAMESPACE },
        spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
      },
    );
    await here("rollout", "status", "deployment/rolled", "--timeout=150s");
    const url = new URL(`http://${await here("get", "service", "rolled", "-o", "jsonpath={.spec.clusterIP}")}/`);
    // The Service is there before its rules are.
    await expect
      .poll(
        () =>
          fetch(url).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: CHANGE_MS },
      )
      .toBe(200);

    const before = (await here("get", "pods", "--selector=app=rolled", "-o", "name")).trim().split("\n");
    const rolledOver = new AbortController();
    const load = (kind: LoadKind) =>
      runClient(
        { kind, url, rate: 50, seconds: 600, connections: 4, timeout: 20_000, output: "json" },
        rolledOver.signal,
      );
    const loads = [load("http"), load("grpc")];
    await here("rollout", "restart", "deployment/rolled");
    await here("rollout", "status", "deployment/rolled", "--timeout=150s");
    await here("wait", "--for=delete", ...before, "--timeout=150s");
    rolledOver.abort();
    for (const report of await Promise.all(loads)) {
      expect(report).toMatchObject({ failed: 0, failures: {} });
      expect(report.reconnects).toBeGreaterThan(0);
    }
  });
});
