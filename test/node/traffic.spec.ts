import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comesTrue } from "../comes-true.ts";
import { FAMILIES, inUrl } from "./families.ts";
import { apply } from "./kubectl.ts";
import { readyWhenAnswering, TestNamespace } from "./sidecar/app-pod.ts";
import { counted, envoyCounters } from "./sidecar/envoy-counters.ts";
import { installed } from "./sidecar/installed.ts";
import { type ScriptName, script } from "./sidecar/script.ts";

/*
 * What goes through a sidecar and what does not, between pods: `caller` and `server` have one, `outside` has none. A connection from
 * `caller` to `server` passes two Envoys.
 */

const MESH = new TestNamespace("traffic");
const OUTSIDE = new TestNamespace("traffic-outside");
const PREPARE_MS = 300_000;
/** Longer than any time-out that a proxy might have by mistake for a connection that has begun; shorter would show less. */
const SILENCE_SECONDS = 16;
const MEBIBYTES = 32;

interface Pod {
  readonly ipv4: string;
  readonly ipv6: string;
}
let server: Pod;
let caller: Pod;
let chosen: Pod;
let outside: Pod;
let nginx: Pod;
let silentConnection: Promise<string>;

const LISTENING = {
  args: ["serve", "--http", "8080,8081", "--https", "8443", "--tcp", "9000", "--greeting", "9025", "--stop", "abrupt"],
};
const DECLARED = { ports: [8080, 8443, 9000, 9025].map((containerPort) => ({ containerPort })) };

/** nginx that serves its page, and fetches `/out/` from the pod outside: a request of its own. */
const NGINX_CONFIGURATION = `server {
  listen 80;
  ${FAMILIES.includes("ipv6") ? "listen [::]:80;" : ""}
  root /usr/share/nginx/html;
  location /out/ { proxy_pass http://outside.traffic-outside.svc.cluster.local:8080/; }
}
`;

beforeAll(async () => {
  await Promise.all([installed(), OUTSIDE.create({}, "none"), MESH.create()]);
  await apply(
    OUTSIDE.pod("outside", { container: LISTENING }),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "outside", namespace: OUTSIDE.name },
      spec: { selector: { app: "outside" }, ports: [{ port: 8080 }] },
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "nginx", namespace: MESH.name },
      data: { "default.conf": NGINX_CONFIGURATION },
    },
    MESH.pod("server", { container: { ...LISTENING, ...DECLARED } }),
    MESH.pod("held", { container: { ...LISTENING, ...DECLARED } }),
    MESH.pod("caller"),
    MESH.pod("chosen", {
      container: { ...LISTENING, ...DECLARED },
      annotations: {
        "appmesh.k8s.aws/ports": "8081, 9000",
        "appmesh.k8s.aws/egressIgnoredPorts": "8081,9000",
        "appmesh.k8s.aws/virtualNode": "test",
      },
    }),
    MESH.pod("nginx", {
      spec: {
        containers: [
          {
            name: "nginx",
            image: "nginx",
            ports: [{ containerPort: 80 }],
            ...readyWhenAnswering(80, "/"),
            volumeMounts: [{ name: "configuration", mountPath: "/etc/nginx/conf.d" }],
          },
        ],
        volumes: [{ name: "configuration", configMap: { name: "nginx" } }],
      },
    }),
  );
  await Promise.all([OUTSIDE.ready("outside"), MESH.ready("server", "held", "caller", "chosen", "nginx")]);
  [outside, server, caller, chosen, nginx] = await Promise.all([
    OUTSIDE.addressesOf("outside"),
    ...["server", "caller", "chosen", "nginx"].map((name) => MESH.addressesOf(name)),
  ] as [Promise<Pod>, Promise<Pod>, Promise<Pod>, Promise<Pod>, Promise<Pod>]);
  const { ipv4 } = await MESH.addressesOf("held");
  silentConnection = from(MESH, "chosen", "first-word", ipv4, "9025", String(SILENCE_SECONDS));
  silentConnection.catch(() => {}); // awaited by its test, the last one
  await comesTrue(async () => expect(await envoyCounters(ipv4)).toMatchObject({ inbound: 1 }));
}, PREPARE_MS);

afterAll(async () => {
  await Promise.all([MESH.delete(), OUTSIDE.delete()]);
});

/** Runs a script in a pod. */
async function from(where: TestNamespace, pod: string, name: ScriptName, ...args: readonly string[]): Promise<string> {
  return await where.run(pod, await script(name), ...args);
}

const fromOutside = (name: ScriptName, ...args: readonly string[]) => from(OUTSIDE, "outside", name, ...args);
const fromCaller = (name: ScriptName, ...args: readonly string[]) => from(MESH, "caller", name, ...args);

describe("a request of another pod", () => {
  test.each(FAMILIES)("to nginx over %s passes Envoy", async (family) => {
    const page = async () => expect(await fromOutside("get", `http://${inUrl(nginx[family])}/`)).toContain("nginx");
    expect(await counted(nginx[family], page)).toEqual({ inbound: 1 });
  });

  test("to a declared port passes Envoy, to another one it does not", async () => {
    expect(await counted(server.ipv4, () => fromOutside("get", `http://${server.ipv4}:8080/`))).toEqual({ inbound: 1 });
    expect(await counted(server.ipv4, () => fromOutside("get", `http://${server.ipv4}:8081/`))).toEqual({});
  });

  test("to ports that an annotation names passes Envoy, to declared ones that it leaves out it does not", async () => {
    const get = (port: number) => fromOutside("get", `http://${chosen.ipv4}:${port}/`);
    expect(await counted(chosen.ipv4, () => get(8081))).toEqual({ inbound: 1 });
    expect(await counted(chosen.ipv4, () => get(8080))).toEqual({});
    const echo = () => fromOutside("echo-large", chosen.ipv4, "9000", "1");
    expect(await counted(chosen.ipv4, echo)).toEqual({ inbound: 1 });
  });

  test("reaches the app as it was sent", async () => {
    const seen = JSON.parse(await fromOutside("get", `http://${server.ipv4}:8080/hello`)) as Record<string, unknown>;
    expect(seen).toMatchObject({ path: "/hello", protocol: "HTTP/1.1", localPort: 8080 });
  });
});

describe("a request of the app's own", () => {
  test("by nginx passes Envoy, beside the one that caused it", async () => {
    const page = async () => expect(await fromOutside("get", `http://${nginx.ipv4}/out/`)).toContain('"pod":"outside"');
    expect(await counted(nginx.ipv4, page)).toEqual({ inbound: 1, outbound: 1 });
  });

  test.each(FAMILIES)("over %s passes Envoy", async (family) => {
    const get = () => fromCaller("get", `http://${inUrl(outside[family])}:8080/`);
    expect(await counted(caller[family], get)).toEqual({ outbound: 1 });
  });

  test("to a Service by its name passes Envoy", async () => {
    const get = () => fromCaller("get", `http://outside.${OUTSIDE.name}:8080/`);
    expect(await counted(caller.ipv4, get)).toEqual({ outbound: 1 });
  });

  test("to ignored ports stays away from Envoy", async () => {
    const get = (port: number) => from(MESH, "chosen", "get", `http://${outside.ipv4}:${port}/`);
    expect(await counted(chosen.ipv4, () => get(8081))).toEqual({});
    expect(await counted(chosen.ipv4, () => get(8080))).toEqual({ outbound: 1 });
  });

  test("to its own address and to loopback stays away from Envoy", async () => {
    expect(await counted(caller.ipv4, () => fromCaller("get", `http://${caller.ipv4}:8080/`))).toEqual({});
    expect(await counted(caller.ipv4, () => fromCaller("get", "http://127.0.0.1:8080/"))).toEqual({});
  });

  test("to a port where nobody listens fails, as it does without a sidecar", async () => {
    await expect(fromCaller("get", `http://${outside.ipv4}:8089/`)).rejects.toThrow("fetch failed");
  });

  test("to another pod of the mesh passes both Envoys", async () => {
    const get = () => fromCaller("get", `http://${server.ipv4}:8080/`);
    const atServer = async () => expect(await counted(server.ipv4, get)).toEqual({ inbound: 1 });
    expect(await counted(caller.ipv4, atServer)).toEqual({ outbound: 1 });
  });
});

describe("through two Envoys", () => {
  test("a server may speak first", async () => {
    expect(await fromCaller("first-word", server.ipv4, "9025")).toBe("220, 250 hello");
  });

  test(`noise of ${MEBIBYTES} MiB comes back as it went`, async () => {
    const said = `${MEBIBYTES << 20} bytes, the same`;
    expect(await fromCaller("echo-large", server.ipv4, "9000", String(MEBIBYTES))).toBe(said);
    for (const family of FAMILIES) {
      expect(await fromCaller("echo-large", server[family], "9000", "1")).toBe(`${1 << 20} bytes, the same`);
    }
  });

  test("a large request and a large answer arrive whole", async () => {
    const answer = await fromCaller("post-large", `http://${server.ipv4}:8080/?bytes=20000000`, "20000000");
    const [status, length] = answer.split(", ").map(Number);
    expect(status).toBe(200);
    expect(length).toBeGreaterThan(20_000_000);
  });

  test("messages of a gRPC stream come back, over HTTP/2", async () => {
    const url = ["--url", `http://${server.ipv4}:8080`];
    const argv = ["exec", "caller", "--container=app", "--", "app", "client", "grpc", ...url];
    const load = ["--rate", "50", "--seconds", "2", "--connections", "2", "--timeout", "30000", "--output", "json"];
    const atServer = () =>
      counted(server.ipv4, async () => {
        const report = JSON.parse(await MESH.kubectl(...argv, ...load)) as Record<string, unknown>;
        expect(report).toMatchObject({ sent: 100, succeeded: 100, failed: 0, reconnects: 0 });
      });
    expect(await counted(caller.ipv4, async () => expect(await atServer()).toEqual({ inbound: 2 }))).toEqual({
      outbound: 2,
    });
  });

  test("TLS of the app's own stays what it is", async () => {
    const seen = JSON.parse(await fromCaller("get-insecurely", `https://${server.ipv4}:8443/`)) as object;
    expect(seen).toMatchObject({ tls: true });
  });
});

describe("a connection made straight to Envoy's port", () => {
  test.each([
    [15000, "inboundDirect"],
    [15001, "outboundDirect"],
  ] as const)("%d is closed, counted once and not passed on, over every family", async (port, counter) => {
    for (const family of FAMILIES) {
      const get = () =>
        expect(fromOutside("get", `http://${inUrl(server[family])}:${port}/`)).rejects.toThrow("fetch failed");
      expect(await counted(server.ipv4, get)).toEqual({ [counter]: 1 });
    }
  });

  test("15000, by a pod of the mesh, is closed at the pod that it was made to", async () => {
    const get = () => expect(fromCaller("get", `http://${server.ipv4}:15000/`)).rejects.toThrow("fetch failed");
    expect(await counted(server.ipv4, get)).toEqual({ inboundDirect: 1 });
  });

  test("15001, by a pod of the mesh, is closed by its own Envoy, which cannot tell whose 15001 is meant", async () => {
    const get = () => expect(fromCaller("get", `http://${server.ipv4}:15001/`)).rejects.toThrow("fetch failed");
    const atServer = async () => expect(await counted(server.ipv4, get)).toEqual({});
    expect(await counted(caller.ipv4, atServer)).toEqual({ outboundDirect: 1 });
  });
});

test(`a connection that was silent for ${SILENCE_SECONDS} seconds after its greeting can be used`, async () => {
  expect(await silentConnection).toBe("220, 250 hello");
});
