import { spawn } from "node:child_process";
import { createSign } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { changeComponent, push } from "../../testbed/commands/owner.ts";
import { currentCluster } from "../../testbed/current-cluster.ts";
import { images } from "../../testbed/images/images.ts";
import { apply, createNamespace, kubectl, outcomeOf } from "./kubectl.ts";

const NAMESPACE = "testbed";
const READY_MS = 150_000;

beforeAll(async () => {
  await createNamespace(NAMESPACE);
  await apply(
    pod("nginx", { image: "nginx", ports: [{ containerPort: 80 }] }),
    // The Node.js of our own image: it resolves names as its users' applications do.
    pod("client", { image: "testbed/app:1", command: ["sleep", "3600"] }),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: NAMESPACE },
      spec: { selector: { app: "nginx" }, ipFamilyPolicy: "PreferDualStack", ports: [{ port: 80 }] },
    },
  );
  await inNamespace("wait", "--for=condition=Ready", "pod/nginx", "pod/client", "--timeout=150s");
  await expectServed();
});

afterAll(async () => {
  await kubectl("delete", "namespace", NAMESPACE, "--wait=false");
});

function pod(name: string, container: object, spec: object = {}): object {
  const containers = [{ name, ...container }];
  const metadata = { name, namespace: NAMESPACE, labels: { app: name } };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { terminationGracePeriodSeconds: 1, containers, ...spec } };
}

async function inNamespace(...args: readonly string[]): Promise<string> {
  return await kubectl("--namespace", NAMESPACE, ...args);
}

/** A Service is there before its rules are, and before its name is. */
async function expectServed(): Promise<void> {
  await vi.waitFor(async () => expect(await inClient("wget", "-qO-", "http://web/")).toContain("Welcome to nginx!"), {
    timeout: READY_MS,
    interval: 200,
  });
}

async function inClient(...command: readonly string[]): Promise<string> {
  return await inNamespace("exec", "client", "--", ...command);
}

/** Addresses as they stand in a URL. */
async function addresses(what: string, path: string): Promise<readonly string[]> {
  const found = (await inNamespace("get", what, "-o", `jsonpath={${path}}`)).trim().split(/\s+/);
  return found.map((address) => (address.includes(":") ? `[${address}]` : address));
}

test("the node is Ready and has an address", async () => {
  const node = await kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}");
  expect(node).toBe("True");
});

test("an unchanged manifest with image nginx answers at all of its pod's addresses", async () => {
  const ips = await addresses("pod/nginx", ".status.podIPs[*].ip");
  expect(ips.length).toBeGreaterThan(0);
  for (const ip of ips) expect(await (await fetch(`http://${ip}/`)).text()).toContain("Welcome to nginx!");
});

test("a Service answers by address and by name, from a pod and from the node", async () => {
  const ips = await addresses("service/web", ".spec.clusterIPs[*]");
  for (const host of [...ips, "web", `web.${NAMESPACE}`, `web.${NAMESPACE}.svc.cluster.local`]) {
    expect(await inClient("wget", "-qO-", `http://${host}/`)).toContain("Welcome to nginx!");
  }
  for (const ip of ips) expect((await fetch(`http://${ip}/`)).status).toBe(200);
});

test("a pod reaches itself through its own Service", async () => {
  expect(await inNamespace("exec", "nginx", "--", "wget", "-qO-", "http://web/")).toContain("Welcome to nginx!");
});

test("names outside the cluster do not exist, which is not a failure to be tried again", async () => {
  const script = "require('dns').lookup('example.com', (error) => console.log(error.code))";
  expect(await inClient("node", "-e", script)).toBe("ENOTFOUND\n");
});

test("nothing outside can be reached, and that is known at once", async () => {
  const script = "require('net').connect(443, '192.0.2.1').on('error', (error) => console.log(error.code))";
  expect(await inClient("node", "-e", script)).toBe("EHOSTUNREACH\n");
});

test("every registry is mirrored, and what the mirror lacks is not looked for elsewhere", async () => {
  await apply(
    pod("mirrored", { image: "public.ecr.aws/library/nginx:latest" }),
    pod("missing", { image: "registry.example/nobody/nothing:1" }),
  );
  await inNamespace("wait", "--for=condition=Ready", "pod/mirrored", "--timeout=150s");
  const reason = "jsonpath={.status.containerStatuses[0].state.waiting.reason}";
  await expect
    .poll(() => inNamespace("get", "pod/missing", "-o", reason), { timeout: READY_MS })
    .toMatch(/^(?:ErrImagePull|ImagePullBackOff)$/);
  await expect.poll(() => inNamespace("events", "--for", "pod/missing"), { timeout: READY_MS }).toContain("not found");
});

test("a Job with a native sidecar completes", async () => {
  await apply({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "with-sidecar", namespace: NAMESPACE },
    spec: {
      template: {
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: 1,
          initContainers: [{ name: "sidecar", image: "busybox", command: ["sleep", "3600"], restartPolicy: "Always" }],
          containers: [{ name: "work", image: "busybox", command: ["true"] }],
        },
      },
    },
  });
  await inNamespace("wait", "--for=condition=Complete", "job/with-sidecar", "--timeout=150s");
});

test("logs and exec reach a container, with its input and exit code", async () => {
  await fetch(`http://${(await addresses("service/web", ".spec.clusterIP"))[0]}/only-here`);
  await expect.poll(() => inNamespace("logs", "nginx"), { timeout: READY_MS }).toContain("GET /only-here");
  const args = ["--namespace", NAMESPACE, "exec", "-i", "client", "--", "sh", "-c", "cat; exit 7"];
  expect(await outcomeOf("kubectl", args, "typed")).toMatchObject({ code: 7, stdout: "typed" });
});

test("port-forward reaches a pod", async () => {
  const forward = spawn("kubectl", ["--namespace", NAMESPACE, "port-forward", "pod/nginx", ":80"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(forward.stdout, "data")) as [Buffer];
    const port = /127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1];
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain("Welcome to nginx!");
  } finally {
    forward.kill("SIGKILL");
  }
});

test("a namespace's Pod Security level is enforced", async () => {
  const name = "testbed-restricted";
  await createNamespace(name, { "pod-security.kubernetes.io/enforce": "restricted" });
  const args = ["--namespace", name, "run", "root", "--image=busybox"];
  expect(await outcomeOf("kubectl", args)).toMatchObject({ code: 1, stderr: expect.stringContaining("PodSecurity") });
  await kubectl("delete", "namespace", name, "--wait=false");
});

describe("service account tokens", () => {
  const audience = "mesh.example";

  /** What the API server thinks of a token for the audience. */
  async function review(token: string): Promise<{ authenticated?: boolean; error?: string }> {
    const request = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences: [audience] },
    };
    const { stdout } = await outcomeOf("kubectl", ["create", "-o", "json", "-f", "-"], JSON.stringify(request));
    return (JSON.parse(stdout) as { status: { authenticated?: boolean; error?: string } }).status;
  }

  /** The claims under a signature of the cluster's own key. */
  async function signed(header: string, claims: object): Promise<string> {
    const { serviceAccountKey } = (await currentCluster()).running;
    const body = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
    return `${body}.${createSign("SHA256").update(body).sign(readFileSync(serviceAccountKey), "base64url")}`;
  }

  test("one for an audience of ours is accepted, one for another is not", async () => {
    const own = await inNamespace("create", "token", "default", "--audience", audience);
    const other = await inNamespace("create", "token", "default", "--audience", "other.example");
    expect(await review(own.trim())).toMatchObject({ authenticated: true });
    expect((await review(other.trim())).authenticated).not.toBe(true);
  });

  test("the signing key in the cluster's record makes tokens: good ones, and expired ones", async () => {
    const token = (await inNamespace("create", "token", "default", "--audience", audience)).trim();
    const [header = "", payload = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as { iat: number; exp: number };
    expect(await review(await signed(header, claims))).toMatchObject({ authenticated: true });
    const expired = { ...claims, iat: claims.iat - 7_200, nbf: claims.iat - 7_200, exp: claims.iat - 3_600 };
    expect(await review(await signed(header, expired))).toMatchObject({ error: expect.stringContaining("expired") });
  });
});

test("a killed API server comes back with what it held, and running pods do not notice", async () => {
  const { name } = await currentCluster();
  const [ip] = await addresses("service/web", ".spec.clusterIP");
  expect(await changeComponent(name, "stop", "kube-apiserver")).toBe(false);
  try {
    expect(await outcomeOf("kubectl", ["get", "--raw", "/readyz"])).toMatchObject({ code: 1 });
    expect((await fetch(`http://${ip}/`)).status).toBe(200);
  } finally {
    await changeComponent(name, "start", "kube-apiserver");
  }
  expect(await inNamespace("get", "pod/nginx", "-o", "jsonpath={.status.phase}")).toBe("Running");
});

test.each(["kubelet", "containerd", "kube-proxy", "coredns"] as const)(
  "pods run after %s was killed",
  async (component) => {
    const { name } = await currentCluster();
    await changeComponent(name, "restart", component);
    const after = `after-${component}`;
    await apply(pod(after, { image: "nginx" }));
    await inNamespace("wait", "--for=condition=Ready", `pod/${after}`, "--timeout=150s");
    await expectServed();
  },
);

test("an image pushed under a known name is what the next pod gets, whatever was pulled before", async () => {
  const reference = "testbed/pushed:1";
  const container = { image: reference, imagePullPolicy: "IfNotPresent", command: ["sleep", "3600"] };
  const [one, other] = await Promise.all(["library/busybox:latest", "library/nginx:latest"].map(layoutCopy));
  await pushed(one as string);
  await apply(pod("pushed-1", container));
  await inNamespace("wait", "--for=condition=Ready", "pod/pushed-1", "--timeout=150s");
  await pushed(other as string);
  await apply(pod("pushed-2", container));
  await inNamespace("wait", "--for=condition=Ready", "pod/pushed-2", "--timeout=150s");
  const id = "jsonpath={.status.containerStatuses[0].imageID}";
  const ids = await Promise.all(["pushed-1", "pushed-2"].map((name) => inNamespace("get", `pod/${name}`, "-o", id)));
  expect(ids[0]).not.toBe(ids[1]);

  async function pushed(layout: string): Promise<void> {
    await push((await currentCluster()).name, { layout, reference });
    // Served from links: the caller may remove what it pushed.
    rmSync(layout, { recursive: true });
  }
});

async function layoutCopy(reference: string): Promise<string> {
  const image = (await images(() => {})).find((built) => built.reference === reference);
  const copy = mkdtempSync(join(tmpdir(), "outrigger-layout-"));
  cpSync(image?.layout ?? "", copy, { recursive: true });
  return copy;
}

test.each([
  { layout: tmpdir(), reference: "testbed/x:1", says: "no OCI image layout" },
  { layout: tmpdir(), reference: "Not A Name", says: "no name of an image" },
])("push of $reference from a folder without an image is refused", async ({ layout, reference, says }) => {
  await expect(push((await currentCluster()).name, { layout, reference })).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining(says),
  });
});
