import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { ConfigurationError } from "../../src/config/configuration-error.ts";
import { loadConfiguration } from "../../src/config/load.ts";
import type { ConfigurationInput } from "../../src/config/schema.ts";
import { installation } from "../../src/install/objects/objects.ts";
import { registration } from "../../src/install/objects/registration.ts";
import { type JsonObject, member, objectsOf } from "../../src/model/json.ts";
import { ownerFacts } from "../../src/model/owner.ts";
import { createAuthority, issueLeaf } from "../../src/pki/authority.ts";
import { comesTrue } from "../comes-true.ts";
import {
  aContainer,
  annotated,
  aPod,
  appmesh,
  bootstrapOf,
  containerOf,
  containersOf,
  envOf,
  initContainersOf,
  injected,
  labelled,
  namesOf,
  volumesOf,
  withContainers,
  withSpec,
} from "../pods.ts";
import { call, NGINX, parsed, review, type TestWebhook, testWebhook } from "../webhook-harness.ts";
import { KNOWN_BUGS } from "./known-bugs.ts";

/** A test named by the bug's id and, in short, by what happens here instead. */
function bug(id: string, does: string, show: () => unknown): void {
  if (!KNOWN_BUGS.some((known) => known.id === id)) throw new Error(`${id} is not in the table`);
  test(`${id}: ${does}`, show as () => Promise<void>);
}

const TRACERS = ["xray", "jaeger", "datadog"] as const;
const FLAVORS = ["envoy", "aws"] as const;
const webhooks = objectsOf(registration({ url: "https://127.0.0.1:8443/" })["webhooks"]);
const withoutVolumes = withContainers(aContainer("a"));
const mountsOf = (container: JsonObject | undefined) => objectsOf(member(container, "volumeMounts"));

bug("I1", "an injected pod is left alone, on update and when it comes again", () => {
  const { pod } = injected(aPod());
  const request = { operation: "UPDATE", dryRun: false, user: "tester" };
  expect(injected(pod, { request }).result).toMatchObject({ outcome: "skip", reason: "not-a-create", patch: [] });
  expect(injected(labelled({ new: "label" })(pod)).result).toMatchObject({ reason: "already-injected", patch: [] });
  for (const webhook of webhooks)
    expect(objectsOf(webhook["rules"]).map((rule) => rule["operations"])).toEqual([["CREATE"]]);
});

bug("I2", "secretMounts reach Envoy with two app containers, which keep their own mounts", () => {
  const token = { volumeMounts: [{ name: "kube-api-access", mountPath: "/var/run/secrets" }] };
  const containers = [aContainer("a", token), aContainer("b", token)];
  for (const flavor of FLAVORS) {
    const { pod } = injected(aPod(withContainers(...containers), appmesh({ secretMounts: "certs:/certs" })), {
      configuration: { flavor },
    });
    expect(containersOf(pod)).toEqual(containers);
    expect(mountsOf(containerOf(pod, "envoy"))).toContainEqual({
      name: "envoy-secret-certs",
      mountPath: "/certs",
      readOnly: true,
    });
  }
});

bug("I3", "volumes are made or added to as the pod has them, whatever it says about its token", () => {
  const theirs = { name: "data", emptyDir: {} };
  for (const volumes of [undefined, [], [theirs]])
    for (const automountServiceAccountToken of [true, false]) {
      const spec = { automountServiceAccountToken, ...(volumes && { volumes }) };
      const pod = aPod(withSpec(spec), appmesh({ secretMounts: "certs:/certs" }));
      const { result, pod: sidecar } = injected(pod, { configuration: { tracing: { provider: "jaeger" } } });
      expect(result.outcome).toBe("inject");
      expect(volumesOf(sidecar).slice(0, volumes?.length ?? 0)).toEqual(volumes ?? []);
      expect(volumesOf(sidecar).map((volume) => volume["name"])).toContain("envoy-secret-certs");
    }
});

bug("I4", "tracing applies to a pod without volumes", () => {
  for (const provider of TRACERS)
    for (const flavor of FLAVORS) {
      const { result, pod } = injected(aPod(withoutVolumes), { configuration: { flavor, tracing: { provider } } });
      expect(result.outcome).toBe("inject");
      expect(namesOf(pod)).toContain("envoy");
    }
});

bug("I5", "tracing in CNI mode needs no init containers", () => {
  const pod = aPod(appmesh({ appmeshCNI: "enabled" }));
  for (const provider of ["jaeger", "datadog"] as const) {
    const { pod: sidecar } = injected(pod, { configuration: { tracing: { provider } } });
    expect(namesOf(sidecar)).toEqual(["envoy", "nginx"]);
  }
});

bug("I6", "every mounted volume exists, with every tracer", () => {
  for (const provider of TRACERS)
    for (const flavor of FLAVORS) {
      const configuration: ConfigurationInput = { flavor, tracing: { provider }, sds: { enabled: true } };
      const { pod } = injected(aPod(appmesh({ secretMounts: "certs:/certs" })), { configuration });
      const names = volumesOf(pod).map((volume) => volume["name"]);
      const mounts = [...initContainersOf(pod), ...containersOf(pod)].flatMap(mountsOf);
      expect(mounts.length).toBeGreaterThan(0);
      for (const mount of mounts) expect(names).toContain(mount["name"]);
    }
});

bug("I7", "fsGroup gets its parent where it is missing, and never replaces the pod's", () => {
  const configuration = { proxy: { fsGroup: 1337 } };
  expect(injected(aPod(), { configuration }).pod).toMatchObject({ spec: { securityContext: { fsGroup: 1337 } } });
  const own = injected(aPod(withSpec({ securityContext: { fsGroup: 42, runAsUser: 1 } })), { configuration });
  expect(own.pod).toMatchObject({ spec: { securityContext: { fsGroup: 42, runAsUser: 1 } } });
});

bug("I8", "quotes and backslashes in a value stay characters of that value", () => {
  const hostile = '","privileged":true},{"name":"evil\\';
  const plain = injected(aPod(appmesh({ virtualNode: "plain", mesh: "plain" })));
  const { pod } = injected(aPod(appmesh({ virtualNode: hostile, mesh: hostile })));
  expect(namesOf(pod)).toEqual(namesOf(plain.pod));
  expect(bootstrapOf(pod)).toMatchObject({ node: { id: `mesh/${hostile}/virtualNode/${hostile}` } });
  expect(Object.keys(bootstrapOf(pod))).toEqual(Object.keys(bootstrapOf(plain.pod)));
  const aws = injected(aPod(appmesh({ virtualNode: hostile })), { configuration: { flavor: "aws" } });
  expect(envOf(containerOf(aws.pod, "envoy"))["APPMESH_VIRTUAL_NODE_NAME"]).toBe(
    `mesh/test-mesh/virtualNode/${hostile}`,
  );
  for (const name of ["mesh", "virtualNode", "ports", "cpuRequest"])
    expect(injected(aPod(appmesh({ [name]: "1\n2" }))).result.outcome).toBe("deny");
});

bug("I9", "stats tags stay when a tracer is on", () => {
  for (const provider of ["jaeger", "datadog"] as const) {
    const configuration: ConfigurationInput = { stats: { tags: true }, tracing: { provider } };
    expect(Object.keys(bootstrapOf(injected(aPod(), { configuration }).pod))).toContain("stats_config");
    const env = envOf(
      containerOf(injected(aPod(), { configuration: { ...configuration, flavor: "aws" } }).pod, "envoy"),
    );
    expect(env["ENABLE_ENVOY_STATS_TAGS"]).toBe("1");
    expect(Object.keys(env)).not.toContain("ENVOY_STATS_CONFIG_FILE");
  }
});

bug("I10", "the log tells of a review without its pod", async () => {
  const t = await testWebhook();
  onTestFinished(() => t.stop());
  const secrets = [annotated({ "example.com/key": "s3cret-annotation" }), appmesh({ sidecarEnv: "KEY=s3cret-env" })];
  const pod = secrets.reduce((changed, change) => change(changed), NGINX);
  expect(parsed(await call(t, JSON.stringify(review(pod)))).response.allowed).toBe(true);
  expect(t.lines.join()).toContain("appmesh-inject-test");
  expect(t.lines.join()).not.toContain("s3cret");
});

bug("I11", "the same pod gives the same bytes, with each port and pull secret once", () => {
  const port = { ports: [{ containerPort: 80 }] };
  const pod = aPod(
    withContainers(aContainer("a", port), aContainer("b", port)),
    withSpec({ imagePullSecrets: [{ name: "appmesh-ecr-secret" }] }),
    appmesh({ appmeshCNI: "enabled" }),
  );
  const configuration = { proxy: { pullSecret: "appmesh-ecr-secret" } };
  const [first, second] = [injected(pod, { configuration }), injected(structuredClone(pod), { configuration })];
  expect(JSON.stringify(second.result.patch)).toBe(JSON.stringify(first.result.patch));
  expect(first.pod).toMatchObject({
    metadata: { annotations: { "appmesh.k8s.aws/ports": "80" } },
    spec: { imagePullSecrets: [{ name: "appmesh-ecr-secret" }] },
  });
});

bug("I12", "a charset is accepted, and every version is answered in kind with the UID", async () => {
  const t = await testWebhook();
  onTestFinished(() => t.stop());
  for (const version of ["v1", "v1beta1"]) {
    const asked = review(NGINX, { uid: "the-uid" }, version);
    const answer = parsed(await call(t, JSON.stringify(asked), { "content-type": "application/json; charset=utf-8" }));
    expect(answer).toMatchObject({ apiVersion: `admission.k8s.io/${version}`, kind: "AdmissionReview" });
    expect(answer.response).toMatchObject({ uid: "the-uid", allowed: true });
    const refused = parsed(await call(t, JSON.stringify(review(undefined, { uid: "the-uid" }, version))));
    expect(refused.response).toMatchObject({ uid: "the-uid", allowed: false });
  }
});

bug("I13", "bare pods, pods without ports and pods of unreadable owners are injected, with a warning", () => {
  const direct = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f8", uid: "u" };
  const owner = { kind: "lookup-failed", direct, reason: "forbidden" } as const;
  expect(injected(aPod()).result.settings?.role.name).toBe("shop-nginx");
  expect(injected(aPod(withoutVolumes)).result.warnings.join()).toContain("no inbound port goes through Envoy");
  expect(injected(aPod(), { owner }).result.warnings.join()).toContain("could not be read (forbidden)");
});

bug("I14", "a CronJob's pods belong to the CronJob's node", () => {
  const job = { apiVersion: "batch/v1", kind: "Job", name: "c-28391234", uid: "1" };
  const cronJob = { apiVersion: "batch/v1", kind: "CronJob", name: "c", uid: "2" };
  const owner = ownerFacts(job, { kind: "found", controller: cronJob });
  expect(injected(aPod(), { owner }).result.settings?.role.name).toBe("shop-c");
});

bug("I15", "a pod on the host's network is skipped, with the reason", () => {
  const { result } = injected(aPod(withSpec({ hostNetwork: true })));
  expect(result).toMatchObject({ outcome: "skip", reason: "host-network", patch: [] });
  expect(result.message).toContain("would redirect the node's");
});

bug("I16", "a certificate that changes serves the next call", async () => {
  const authority = await createAuthority("test", validity());
  const directory = await mkdtemp(join(tmpdir(), "outrigger-test-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const files = { tlsCert: join(directory, "tls.crt"), tlsKey: join(directory, "tls.key") };
  const write = async () => {
    const leaf = await issueLeaf(authority, { ipAddresses: ["127.0.0.1"], usage: "server", validity: validity() });
    await writeFile(files.tlsKey, leaf.key);
    await writeFile(files.tlsCert, leaf.certificate);
  };
  await write();
  const t = await testWebhook({ webhook: files });
  onTestFinished(() => t.stop());
  const onDisk = async () => new X509Certificate(await readFile(files.tlsCert)).fingerprint256;
  const before = await onDisk();
  expect(await served(t)).toBe(before);
  await write();
  const after = await onDisk();
  expect(after).not.toBe(before);
  await comesTrue(async () => expect(await served(t)).toBe(after));
  expect((await call(t, JSON.stringify(review(NGINX)))).status).toBe(200);
});

/** Fingerprint of the certificate that a new connection gets. */
async function served({ webhook }: TestWebhook): Promise<string> {
  const { host, port } = webhook.address;
  const socket = connect({ host, port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 60_000), notAfter: new Date(now + 3_600_000) };
}

bug("I17", "no mesh is a denial, no log level a configuration error, no region is told to nobody", () => {
  expect(injected(aPod(), { configuration: { meshName: "" } }).result).toMatchObject({
    outcome: "deny",
    reason: "no-mesh",
  });
  const load = () => loadConfiguration({ environment: {}, flags: { "sidecar-log-level": "" } });
  expect(load).toThrow(ConfigurationError);
  const { pod } = injected(aPod(), { configuration: { flavor: "aws", region: "" } });
  expect(Object.keys(envOf(containerOf(pod, "envoy")))).not.toContain("AWS_REGION");
});

bug("I18", "Envoy is ready before the app starts, ends after it, and may have limits", () => {
  for (const flavor of FLAVORS) {
    const { pod } = injected(aPod(appmesh({ cpuLimit: "200m", memoryLimit: "256Mi" })), { configuration: { flavor } });
    // a start-up probe, or a proxyinit behind it that waits
    expect(initContainersOf(pod).at(-1)).toMatchObject(
      flavor === "aws"
        ? { name: "envoy", startupProbe: { httpGet: { path: "/ready" } } }
        : { name: "proxyinit", args: expect.arrayContaining(["--wait-for-envoy=180"]) },
    );
    expect(containerOf(pod, "envoy")).toMatchObject({
      restartPolicy: "Always",
      readinessProbe: { httpGet: { path: "/ready" } },
      resources: { limits: { cpu: "200m", memory: "256Mi" } },
    });
  }
});

bug("I19", "the pod's volumes keep their group; the sidecar's token needs none", () => {
  const { pod } = injected(aPod());
  expect(pod).not.toHaveProperty("spec.securityContext");
  const identity = volumesOf(pod).find((volume) => volume["name"] === "outrigger-identity");
  expect(JSON.stringify(identity)).toContain('"serviceAccountToken"');
});

bug("I20", "a dry run gets the same answer, and the registration says that this is safe", async () => {
  const t = await testWebhook();
  onTestFinished(() => t.stop());
  const ask = async (dryRun: boolean) =>
    parsed(await call(t, JSON.stringify(review(NGINX, { uid: "u", dryRun })))).response;
  expect(await ask(true)).toEqual(await ask(false));
  for (const webhook of webhooks) {
    expect(webhook["sideEffects"]).toBe("None");
    expect(webhook["admissionReviewVersions"]).toEqual(["v1", "v1beta1"]);
  }
});

bug("I21", "the registration refers to the one Service, which is installed with it", () => {
  const service = { namespace: "appmesh-inject", name: "aws-app-mesh-inject", port: 443 };
  const object = registration({ service });
  expect(object).toMatchObject({ apiVersion: "admissionregistration.k8s.io/v1", metadata: { name: service.name } });
  for (const webhook of objectsOf(object["webhooks"]))
    expect(member(webhook, "clientConfig")).toEqual({ service: { ...service, path: "/mutate-v1-pod" } });
  const installed = installation({
    components: ["injector"],
    release: "1.2.3",
    settings: { meshName: "test-mesh" },
    availability: "single",
    failurePolicy: "Ignore",
    certificates: "own",
  });
  expect(installed).toContainEqual(
    expect.objectContaining({
      kind: "Service",
      metadata: expect.objectContaining({ namespace: service.namespace, name: service.name }),
      spec: expect.objectContaining({ ports: expect.arrayContaining([expect.objectContaining({ port: 443 })]) }),
    }),
  );
});

bug("I22", "the admin interface listens on loopback, and only readiness, statistics and probes elsewhere", () => {
  const { pod } = injected(aPod());
  expect(bootstrapOf(pod)).toMatchObject({ admin: { address: { socket_address: { address: "127.0.0.1" } } } });
  expect(containerOf(pod, "envoy")).toMatchObject({ ports: [{ name: "stats", containerPort: 15020 }] });
});

test("every bug of the table has its test", async () => {
  const sources = await Promise.all(
    ["known-bugs.spec.ts", "known-bugs-controller.spec.ts"].map((file) =>
      readFile(join(import.meta.dirname, file), "utf8"),
    ),
  );
  const shown = sources.flatMap((text) => [...text.matchAll(/^bug\("([IC]\d+)"/gm)].map((match) => match[1]));
  expect(shown).toEqual(KNOWN_BUGS.map(({ id }) => id));
});
