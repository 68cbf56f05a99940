import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RELEASE } from "../../src/release.ts";
import { FAMILIES } from "./families.ts";
import { apply, createNamespace, kubectl, outcomeOf } from "./kubectl.ts";

/* Pods as `outrigger inject` makes them, without a control plane: what is tried here is proxyinit in a real container. */

const NAMESPACE = "capture";
const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const READY = "--timeout=150s";

beforeAll(async () => {
  await createNamespace(NAMESPACE);
  await apply(pod("client", { image: "testbed/app:1", command: ["sleep", "3600"] }));
  await inNamespace("wait", "--for=condition=Ready", "pod/client", READY);
});
afterAll(async () => {
  await kubectl("delete", "namespace", NAMESPACE, "--wait=false");
});

function pod(name: string, container: object, spec: object = {}): object {
  const metadata = { name, namespace: NAMESPACE };
  const containers = [{ name: "app", ...container }];
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { terminationGracePeriodSeconds: 1, containers, ...spec } };
}

function inNamespace(...args: readonly string[]): Promise<string> {
  return kubectl("--namespace", NAMESPACE, ...args);
}

/** An app on ports 8080, declared, and 8081, not declared; its pod may not run as root and gives nothing away. */
async function injected(name: string, flags: readonly string[]): Promise<void> {
  const plain = pod(
    name,
    {
      image: "testbed/app:1",
      args: ["serve", "--http", "8080,8081"],
      ports: [{ containerPort: 8080 }],
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      },
    },
    { securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } } },
  );
  const argv = [
    MAIN,
    "inject",
    "-f",
    "-",
    "-o",
    "json",
    "--mesh-name",
    "shop",
    "--proxy-control-plane",
    "none",
    ...flags,
  ];
  const { code, stdout, stderr } = await outcomeOf(process.execPath, argv, JSON.stringify(plain));
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("refused")]);
  await apply(JSON.parse(stdout) as object);
}

/** Connections that Envoy accepted on its inbound listener and passed on, and ones that it closed. */
async function counters(ip: string): Promise<{ inbound: number; direct: number }> {
  const text = await inClient(`http://${ip}:15020/stats/prometheus`);
  const value = (prefix: string): number =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith("envoy_tcp_downstream_cx_total{") && line.includes(`"${prefix}"`))
        ?.split(" ")[1] ?? 0,
    );
  return { inbound: value("inbound"), direct: value("inbound_direct") };
}

function inClient(url: string): Promise<string> {
  return inNamespace("exec", "client", "--", "wget", "-qO-", url);
}

describe.each(["nft", "legacy"])("proxyinit with back end %s", (backend) => {
  const name = `app-${backend}`;
  let ip: string;

  beforeAll(async () => {
    await injected(name, ["--capture-backend", backend]);
    await inNamespace("wait", "--for=condition=Ready", `pod/${name}`, READY);
    ip = await inNamespace("get", `pod/${name}`, "-o", "jsonpath={.status.podIP}");
  });

  test("runs in a pod that must not run as root, and says what it did", async () => {
    const log = await inNamespace("logs", name, "-c", "proxyinit");
    const written = log.match(/(?<=outrigger: capture: )\S+ \(\w+\)(?=: rules written, and checked\n)/g);
    expect(written).toEqual(FAMILIES.map((family) => `${family.replace("ip", "IP")} (${backend})`));
    const state = `jsonpath={.status.initContainerStatuses[?(@.name=="proxyinit")].state.terminated.exitCode}`;
    expect(await inNamespace("get", `pod/${name}`, "-o", state)).toBe("0");
  });

  test("a request to the declared port passes Envoy, one to another port does not", async () => {
    const before = await counters(ip);
    await inClient(`http://${ip}:8080/`);
    const after = await counters(ip);
    expect(after).toEqual({ ...before, inbound: before.inbound + 1 });
    await inClient(`http://${ip}:8081/`);
    expect(await counters(ip)).toEqual(after);
  });

  test("a request straight to Envoy's port is closed and counted, once", async () => {
    const before = await counters(ip);
    await expect(inClient(`http://${ip}:15000/`)).rejects.toThrow();
    expect(await counters(ip)).toEqual({ ...before, direct: before.direct + 1 });
  });
});

test("a value that cannot be used ends proxyinit with code 2 and the reason, and no app is started", async () => {
  const name = "misconfigured";
  const proxyinit = {
    name: "proxyinit",
    image: `outrigger/outrigger:${RELEASE}`,
    args: ["capture"],
    env: [{ name: "APPMESH_APP_PORTS", value: "80,http" }],
    securityContext: {
      runAsUser: 0,
      capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    },
  };
  await apply(
    pod(
      name,
      { image: "testbed/app:1", command: ["sleep", "3600"] },
      { restartPolicy: "Never", initContainers: [proxyinit] },
    ),
  );
  await inNamespace("wait", "--for=jsonpath={.status.phase}=Failed", `pod/${name}`, READY);
  expect(await inNamespace("logs", name, "-c", "proxyinit")).toContain('APPMESH_APP_PORTS: entry 2 is "http"');
  const code = "jsonpath={.status.initContainerStatuses[0].state.terminated.exitCode}";
  expect(await inNamespace("get", `pod/${name}`, "-o", code)).toBe("2");
});
