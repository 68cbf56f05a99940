import { expect, test } from "vitest";
import { podSummary } from "../../src/cluster/pods-resource.ts";
import { ConfigurationError } from "../../src/config/configuration-error.ts";
import { type LoadedConfiguration, loadConfiguration } from "../../src/config/load.ts";
import { type ConfigurationInput, configuration } from "../../src/config/schema.ts";
import { podIdentity } from "../../src/control-plane/proxies/pod-identity.ts";
import { registration } from "../../src/install/objects/registration.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import type { NodeFacts } from "../../src/model/mesh-objects.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { cachesOf } from "../caches-of.ts";
import {
  aContainer,
  aNode,
  annotationOf,
  aPod,
  appmesh,
  argumentsOf,
  containerOf,
  containersOf,
  envOf,
  initContainersOf,
  injected,
  labelled,
  namesOf,
  type PodChange,
  volumesOf,
  withContainers,
  withSpec,
} from "../pods.ts";
import { KNOWN_BUGS } from "./known-bugs.ts";

/** A test named by the bug's id and, in short, by what happens here instead. */
function bug(id: string, does: string, show: () => void): void {
  if (!KNOWN_BUGS.some((known) => known.id === id)) throw new Error(`${id} is not in the table`);
  test(`${id}: ${does}`, show);
}

const FLAVORS = ["envoy", "aws"] as const;
const AWS = { configuration: { flavor: "aws" } } as const;
const SOCKET = "/run/spire/sockets/agent.sock";
const flags = (values: Readonly<Record<string, unknown>>): LoadedConfiguration =>
  loadConfiguration({ environment: {}, flags: values });
const file = (text: string): LoadedConfiguration =>
  loadConfiguration({ file: { path: "values.yaml", text }, environment: {}, flags: {} });
const list = (count: number) => Array.from({ length: count }, (_, index) => index + 8000).join(",");
const gatewayPod = (members: JsonObject = {}, ...changes: readonly PodChange[]) =>
  aPod(labelled({ app: "gw" }), withContainers(aContainer("envoy", members)), ...changes);
const gateway = (configuration: ConfigurationInput = {}) => ({ virtualGateways: [aNode("gw")], configuration });

const argumentText = (pod: JsonObject) => argumentsOf(containerOf(pod, "envoy")).join(" ");

bug("C1", "IPv6 administration and dual-stack endpoints are two settings", () => {
  const { proxy } = flags({ "envoy-admin-access-enable-ipv6": true }).configuration;
  expect(proxy).toMatchObject({ adminIpv6: true, dualStackEndpoint: false });
  const other = flags({ "dual-stack-endpoint": true }).configuration.proxy;
  expect(other).toMatchObject({ adminIpv6: false, dualStackEndpoint: true });
  const env = envOf(containerOf(injected(aPod(), { configuration: { flavor: "aws", proxy } }).pod, "envoy"));
  expect(env).toMatchObject({ ENVOY_ADMIN_ACCESS_ENABLE_IPV6: "true", APPMESH_DUALSTACK_ENDPOINT: "0" });
});

bug("C2", "fields of a newer Kubernetes survive at every depth", () => {
  const own = aContainer("wait", { restartPolicy: "Always", futureField: { deep: [{ er: 1 }] } });
  const change = withSpec({ initContainers: [own], futureSpec: { a: [null, {}] } });
  const { pod } = injected({ ...aPod(change), futureTop: true });
  expect(pod).toMatchObject({ futureTop: true, spec: { futureSpec: { a: [null, {}] } } });
  expect(initContainersOf(pod).at(-1)).toEqual(own);
});

bug("C3", "the environment is in the same order, however it was written", () => {
  const envOfPod = (sidecarEnv: string) =>
    JSON.stringify(member(containerOf(injected(aPod(appmesh({ sidecarEnv })), AWS).pod, "envoy"), "env"));
  expect(envOfPod("B=2,A=1")).toBe(envOfPod("A=1,B=2"));
});

bug("C4", "a Job's Envoy is an init container that the kubelet ends", () => {
  for (const flavor of FLAVORS) {
    const { pod } = injected(aPod(withSpec({ restartPolicy: "Never" })), { configuration: { flavor } });
    expect(containersOf(pod).map((container) => container["name"])).toEqual(["nginx"]);
    expect(containerOf(pod, "envoy")?.["restartPolicy"]).toBe("Always");
  }
});

bug("C5", "capture, then Envoy, then the pod's own init containers; the probes follow the admin port", () => {
  const { pod } = injected(aPod(withSpec({ initContainers: [aContainer("migrate")] })), {
    configuration: { flavor: "aws", proxy: { adminPort: 9000 } },
  });
  expect(namesOf(pod)).toEqual(["proxyinit", "envoy", "migrate", "nginx"]);
  expect(containerOf(pod, "envoy")).toMatchObject({
    startupProbe: { httpGet: { port: 9000 } },
    readinessProbe: { httpGet: { port: 9000 } },
  });
});

bug("C6", "stopping needs no shell, and never more time than the pod has without a word", () => {
  expect(containerOf(injected(aPod()).pod, "envoy")).not.toHaveProperty("lifecycle");
  const configuration = { proxy: { mode: "ordinary" } } as const;
  const { result, pod } = injected(aPod(), { configuration });
  expect(containerOf(pod, "envoy")).toMatchObject({ lifecycle: { preStop: { sleep: { seconds: 20 } } } });
  expect(result.warnings.join()).not.toContain("the pod is killed");
  const aws = injected(aPod(), { configuration: { ...configuration, flavor: "aws" } });
  expect(aws.result.warnings.join()).toContain("but the pod is killed after 30 s");
  const short = injected(aPod(withSpec({ terminationGracePeriodSeconds: 10 })), { configuration });
  expect(short.result.warnings.join()).toContain("but the pod is killed after 10 s");
  expect(containerOf(short.pod, "envoy")).toMatchObject({ lifecycle: { preStop: { sleep: { seconds: 10 } } } });
});

bug("C7", "readiness is an HTTP request", () => {
  for (const flavor of FLAVORS) {
    const probe = member(containerOf(injected(aPod(), { configuration: { flavor } }).pod, "envoy"), "readinessProbe");
    expect(probe).toMatchObject({ httpGet: { path: "/ready" }, periodSeconds: 10 });
    expect(probe).not.toHaveProperty("exec");
  }
});

bug("C8", "proxyinit says itself that it is root with one capability, and a strict namespace is warned about", () => {
  const strict = { securityContext: { runAsNonRoot: true, runAsUser: 1000 } };
  const namespace = { labels: { [INJECT_KEY]: "enabled", "pod-security.kubernetes.io/enforce": "baseline" } };
  const { result, pod } = injected(aPod(withSpec(strict)), { namespace });
  expect(member(containerOf(pod, "proxyinit"), "securityContext")).toMatchObject({
    runAsUser: 0,
    runAsNonRoot: false,
    capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
  });
  expect(result.warnings.join()).toContain("refuses NET_ADMIN of proxyinit: use the CNI plugin");
});

bug("C9", "any text can be a value, and a key without effect is said", () => {
  const { pod } = injected(aPod(appmesh({ sidecarEnvJson: '[{"TAGS":"a=1,b=2"}]' })));
  expect(envOf(containerOf(pod, "envoy"))["TAGS"]).toBe("a=1,b=2");
  const { result, pod: aws } = injected(aPod(appmesh({ sidecarEnv: "ENVOY_LOG_LEVEL=debug" })), AWS);
  expect(envOf(containerOf(aws, "envoy"))["ENVOY_LOG_LEVEL"]).toBe("info");
  expect(result.warnings.join()).toContain("ENVOY_LOG_LEVEL in the annotations for Envoy's environment has no effect");
});

bug("C10", "a gateway needs its container; our entries win over theirs, and nothing comes twice", () => {
  expect(injected(aPod(labelled({ app: "gw" })), gateway()).result.reason).toBe("gateway-without-envoy");
  const uid = { name: "APPMESH_PLATFORM_K8S_POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } };
  const preview = { name: "APPMESH_PREVIEW", valueFrom: { configMapKeyRef: { name: "a", key: "b" } } };
  const { pod } = injected(
    gatewayPod({ env: [uid, preview] }),
    gateway({ flavor: "aws", tracing: { provider: "xray" } }),
  );
  const env = objectsOf(member(containerOf(pod, "envoy"), "env"));
  expect(env.filter((entry) => entry["name"] === uid.name)).toEqual([uid]);
  expect(env.filter((entry) => entry["name"] === preview.name)).toEqual([preview, { name: preview.name, value: "0" }]);
  expect(containerOf(pod, "xray-daemon")).toMatchObject({ ports: [{ containerPort: 2000, protocol: "UDP" }] });
});

bug("C11", "the SDS socket is mounted whatever volumes the pod has", () => {
  const theirs = { name: "spire", hostPath: { path: SOCKET, type: "Socket" } };
  for (const flavor of FLAVORS) {
    const configuration = { flavor, sds: { enabled: true } };
    const { pod } = injected(aPod(withSpec({ volumes: [theirs] })), { configuration });
    const mount = objectsOf(member(containerOf(pod, "envoy"), "volumeMounts")).find(
      (one) => one["mountPath"] === SOCKET,
    );
    expect(volumesOf(pod).map((volume) => volume["name"])).toContain(mount?.["name"]);
  }
});

bug("C12", "the X-Ray daemon listens where Envoy sends", () => {
  for (const flavor of FLAVORS) {
    const configuration = { flavor, tracing: { provider: "xray", port: 2345 } } as const;
    const { pod } = injected(aPod(), { configuration });
    expect(containerOf(pod, "xray-daemon")).toMatchObject({
      args: ["--bind", "127.0.0.1:2345", "--bind-tcp", "127.0.0.1:2345"],
    });
    const told = flavor === "aws" ? envOf(containerOf(pod, "envoy"))["XRAY_DAEMON_PORT"] : argumentText(pod);
    expect(told).toContain("2345");
  }
});

bug("C13", "CNI mode with a node without listeners has an empty list of ports", () => {
  const pod = aPod(labelled({ app: "web" }), withContainers(aContainer("a")), appmesh({ appmeshCNI: "enabled" }));
  const { result, pod: sidecar } = injected(pod, { virtualNodes: [aNode("web")] });
  expect(result.outcome).toBe("inject");
  expect(annotationOf(sidecar, "appmesh.k8s.aws/ports")).toBe("");
});

bug("C14", "a pod exempts addresses in CNI mode, and an init container with Envoy's UID is warned about", () => {
  const uid = { initContainers: [aContainer("migrate", { securityContext: { runAsUser: 1337 } })] };
  const change = appmesh({ appmeshCNI: "enabled", egressIgnoredIPs: "10.0.0.0/8" });
  const { result, pod } = injected(aPod(withSpec(uid), change));
  expect(annotationOf(pod, "appmesh.k8s.aws/egressIgnoredIPs")).toBe("10.0.0.0/8");
  expect(result.warnings.join()).toContain("spec.initContainers[0] (migrate) runs as UID 1337");
});

bug("C15", "a required webhook is never asked about the namespaces that it needs itself", () => {
  const object = registration({ url: "https://127.0.0.1:8443/", failurePolicy: "Fail" });
  for (const webhook of objectsOf(object["webhooks"]))
    expect(objectsOf(member(member(webhook, "namespaceSelector"), "matchExpressions"))).toContainEqual({
      key: "kubernetes.io/metadata.name",
      operator: "NotIn",
      values: ["kube-system", "appmesh-inject", "appmesh-system"],
    });
});

bug("C16", "a pod whose node does not exist yet is injected, or refused, never missed silently", () => {
  const { result } = injected(aPod(), { virtualNodes: [aNode("other")] });
  expect(result).toMatchObject({ outcome: "inject", settings: { role: { name: "shop-nginx" } } });
  expect(result.trace.map(({ saw }) => saw).join()).toContain("none of the 1 VirtualNodes");
  for (const [onMissingVirtualNode, outcome] of [
    ["deny", "deny"],
    ["skip", "skip"],
  ] as const)
    expect(injected(aPod(), { configuration: { onMissingVirtualNode } }).result.outcome).toBe(outcome);
  const running = podSummary(injected(aPod()).pod);
  const servedAs = (...virtualNodes: NodeFacts[]) =>
    podIdentity(running, cachesOf({ virtualNodes }), configuration({ meshName: "test-mesh" }));
  expect(servedAs()).toMatchObject({ id: "mesh/test-mesh/virtualNode/shop-nginx" });
  expect(servedAs(aNode("nginx"))).toMatchObject({ id: "mesh/test-mesh/virtualNode/nginx_shop" });
});

bug("C17", "the denial tells what was looked for and what to do", () => {
  const { message } = injected(aPod(), { configuration: { onMissingVirtualNode: "deny" } }).result;
  expect(message).toContain("none of the 0 VirtualNodes and 0 VirtualGateways in namespace shop selects this pod");
  expect(message).toContain("create one whose podSelector matches the pod's labels, or set the annotation");
});

bug("C18", "both metadata services are exempt, and later webhooks make the API server ask again", () => {
  const ignored = envOf(containerOf(injected(aPod()).pod, "proxyinit"))["APPMESH_EGRESS_IGNORED_IP"];
  expect(ignored?.split(",")).toEqual(["169.254.169.254", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"]);
  for (const webhook of objectsOf(registration({ url: "https://127.0.0.1:8443/" })["webhooks"]))
    expect(webhook["reinvocationPolicy"]).toBe("IfNeeded");
});

bug("C19", "IPv6 is a setting of the cluster and an annotation of the pod", () => {
  const enabled = (pod: JsonObject, ipv6: boolean) =>
    envOf(containerOf(injected(pod, { configuration: { capture: { ipv6 } } }).pod, "proxyinit"))["APPMESH_ENABLE_IPV6"];
  expect([enabled(aPod(), true), enabled(aPod(), false)]).toEqual(["1", "0"]);
  expect(enabled(aPod(appmesh({ ipv6: "disabled" })), true)).toBe("0");
});

bug("C20", "sixteen ports are captured, denied for AWS's program, and warned about for the plugin", () => {
  const change = appmesh({ ports: list(16) });
  expect(envOf(containerOf(injected(aPod(change)).pod, "proxyinit"))["APPMESH_APP_PORTS"]).toBe(list(16));
  const image = "example/aws-appmesh-proxy-route-manager:v7-prod";
  expect(injected(aPod(change), { configuration: { capture: { image } } }).result.reason).toBe("too-many-ports");
  const plugin = injected(aPod(change, appmesh({ appmeshCNI: "enabled" })));
  expect(plugin.result.warnings.join()).toContain("only the first 15 of 16 inbound ports");
});

bug("C21", "probes of captured ports ask through the status port, or are warned about", () => {
  const members = { ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { path: "/health", port: 80 } } };
  const probed = aPod(withContainers(aContainer("web", members)));
  const { pod } = injected(probed);
  expect(containerOf(pod, "web")).toMatchObject({
    readinessProbe: { httpGet: { path: "/probe/web/readiness", port: 15020 } },
  });
  expect(argumentText(pod)).toContain("/health");
  expect(injected(probed, AWS).result.warnings.join()).toContain("the aws flavor cannot rewrite them");
});

bug("C22", "the host's IP can be every tracer's address", () => {
  const address = "ref:status.hostIP";
  for (const provider of ["jaeger", "datadog", "otel"] as const)
    expect(argumentText(injected(aPod(), { configuration: { tracing: { provider, address } } }).pod)).toContain(
      "$(OUTRIGGER_HOST_IP)",
    );
  const aws = injected(aPod(), { configuration: { flavor: "aws", tracing: { provider: "jaeger", address } } }).pod;
  expect(envOf(containerOf(aws, "envoy"))["JAEGER_TRACER_ADDRESS"]).toBe('{"fieldRef":{"fieldPath":"status.hostIP"}}');
});

bug("C23", "a chart's shared tracing port is not another provider's, and CPU and memory are in their places", () => {
  const { configuration, warnings } = file("tracing: { enabled: true, provider: jaeger, port: 2000 }");
  expect(configuration.tracing).toMatchObject({ provider: "jaeger", port: 0 });
  expect(warnings.join()).toContain("is what the old charts share among providers and not jaeger's");
  expect(member(containerOf(injected(aPod()).pod, "envoy"), "resources")).toEqual({
    requests: { cpu: "10m", memory: "32Mi" },
  });
});

bug("C24", "secrets with long names and dots get volumes with names of their own", () => {
  const long = `${"a".repeat(120)}.v1`;
  const change = appmesh({ secretMounts: `certs.v1:/a,certs-v1:/b,${long}:/c` });
  const { result, pod } = injected(aPod(change, withSpec({ volumes: [{ name: "certs-v1", emptyDir: {} }] })));
  expect(result.outcome).toBe("inject");
  const names = volumesOf(pod).map((volume) => stringOf(volume["name"]) ?? "");
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
});

bug("C25", "a slip in the annotation keeps the namespace's mode, with a warning", () => {
  const slip = aPod(appmesh({ sidecarInjectorWebhook: "enable" }));
  const warning = expect.stringContaining(
    '"enable", expected enabled or disabled (enabled?): the namespace\'s mode stays',
  );
  for (const [label, outcome] of [
    ["enabled", "inject"],
    ["disabled", "skip"],
  ] as const) {
    const { result } = injected(slip, { namespace: { labels: { [INJECT_KEY]: label } } });
    expect(result.outcome).toBe(outcome);
    expect(result.warnings).toContainEqual(warning);
  }
});

bug("C26", "AWS keys come from a Secret; flags with keys are refused", () => {
  expect(() => flags({ "envoy-aws-secret-access-key": "s3cret" })).toThrow(/put them into a Secret/);
  expect(() => flags({ "envoy-aws-secret-access-key": "s3cret" })).not.toThrow(/s3cret/);
  const configuration = { flavor: "aws", proxy: { awsCredentialsSecret: "aws-keys" } } as const;
  expect(envOf(containerOf(injected(aPod(), { configuration }).pod, "envoy"))["AWS_SECRET_ACCESS_KEY"]).toBe(
    '{"secretKeyRef":{"name":"aws-keys","key":"secretAccessKey"}}',
  );
});

bug("C27", "the FIPS switch is passed on, or said to do nothing", () => {
  const { configuration, warnings } = flags({ "fips-endpoint": true });
  expect(warnings.join()).toContain("proxy.fipsEndpoint has no effect");
  const { pod } = injected(aPod(), { configuration: { flavor: "aws", proxy: configuration.proxy } });
  expect(envOf(containerOf(pod, "envoy"))["APPMESH_FIPS_ENDPOINT"]).toBe("1");
});

bug("C28", "NaN and hexadecimal numbers are no sampling rates", () => {
  const configuration = { tracing: { provider: "xray" } } as const;
  for (const rate of ["NaN", "0x1p-2", "1e-2", "1.01"]) {
    expect(() => flags({ "xray-sampling-rate": rate })).toThrow(ConfigurationError);
    const { result } = injected(aPod(appmesh({ sidecarEnv: `XRAY_SAMPLING_RATE=${rate}` })), { configuration });
    expect(result).toMatchObject({ outcome: "deny", reason: "bad-annotation" });
  }
});

bug("C29", "a pod is injected where there is no object of the mesh at all", () => {
  const { result, pod } = injected(aPod());
  expect(result.outcome).toBe("inject");
  expect(namesOf(pod)).toEqual(["envoy", "proxyinit", "nginx"]);
});

bug("C30", "a gateway's pod in a disabled namespace needs the annotation like any other", () => {
  const disabled = { ...gateway(), namespace: { labels: { [INJECT_KEY]: "disabled" } } };
  expect(injected(gatewayPod(), disabled).result).toMatchObject({ outcome: "skip", reason: "not-opted-in" });
  const asked = gatewayPod({}, appmesh({ sidecarInjectorWebhook: "enabled" }));
  expect(injected(asked, disabled).result.outcome).toBe("inject");
});
