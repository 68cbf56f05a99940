import { describe, expect, test } from "vitest";
import {
  aContainer,
  aNode,
  aPod,
  appmesh,
  containerOf,
  injected,
  labelled,
  type PodChange,
  type Surroundings,
  volumesOf,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import type { JsonObject } from "../../model/json.ts";
import { INJECT_KEY } from "../../model/names.ts";

const AWS: ConfigurationInput = { flavor: "aws" };
const XRAY: ConfigurationInput = { tracing: { provider: "xray" } };
const SOCKET = "/run/spire/sockets/agent.sock";
const SDS: ConfigurationInput = { sds: { enabled: true } };
const tcp = (port: number, protocol = "TCP") => ({ ports: [{ containerPort: port, protocol }] });
const volumes = (...list: readonly JsonObject[]) => withSpec({ volumes: list });
const sdsVolume = (path: string) => ({ name: "appmesh-sds-socket-volume", hostPath: { path, type: "Socket" } });

function resultOf(changes: readonly PodChange[], surroundings: Surroundings = {}) {
  return injected(aPod(...changes), surroundings).result;
}

describe("denied, with the way out:", () => {
  test.each<[string, readonly PodChange[], ConfigurationInput, string, string[]]>([
    [
      "a container named envoy",
      [withContainers(aContainer("web"), aContainer("envoy"))],
      {},
      "container-name-taken",
      ["spec.containers[1] (envoy)", "rename or remove it"],
    ],
    [
      "a gateway that comes before its VirtualGateway, as Helm brings it",
      [
        withContainers({
          name: "envoy",
          image: "840364872350.dkr.ecr.us-west-2.amazonaws.com/aws-appmesh-envoy:v1.12.3.0-prod",
        }),
      ],
      {},
      "container-name-taken",
      ["spec.containers[0] (envoy)", "no VirtualGateway selects it as yet", "created by itself"],
    ],
    [
      "an init container named proxyinit",
      [withSpec({ initContainers: [aContainer("a"), aContainer("proxyinit")] })],
      {},
      "container-name-taken",
      ["spec.initContainers[1] (proxyinit)"],
    ],
    [
      "a sidecar left by an AWS injector",
      [
        withContainers(aContainer("nginx"), {
          name: "envoy",
          image: "840364872350.dkr.ecr.us-west-2.amazonaws.com/aws-appmesh-envoy:v1.12.3.0-prod",
        }),
      ],
      {},
      "container-name-taken",
      ["left by an AWS injector: remove it from the pod template"],
    ],
    [
      "a volume with the identity's name",
      [volumes({ name: "outrigger-identity", emptyDir: {} })],
      {},
      "volume-name-taken",
      ["outrigger-identity", "rename it"],
    ],
    [
      "a volume with the name of a secret's",
      [volumes({ name: "envoy-secret-certs", emptyDir: {} }), appmesh({ secretMounts: "certs:/certs" })],
      {},
      "volume-name-taken",
      ["envoy-secret-certs"],
    ],
    [
      "a volume with the SDS socket's name and another path",
      [volumes(sdsVolume("/tmp/other.sock"))],
      SDS,
      "volume-name-taken",
      ["appmesh-sds-socket-volume"],
    ],
    [
      "a mounted volume that is not there",
      [appmesh({ volumeMounts: "certs:/certs" })],
      {},
      "missing-volume",
      ["volumeMounts mounts volume certs", "the pod has no volumes"],
    ],
    [
      "a mounted volume among others",
      [volumes({ name: "data" }, { name: "cache" }), appmesh({ volumeMounts: "certs:/certs" })],
      {},
      "missing-volume",
      ["only data, cache"],
    ],
    [
      "an X-Ray configuration that is not there",
      [appmesh({ xrayAgentConfigMount: "conf:/etc/xray" })],
      XRAY,
      "missing-volume",
      ["xrayAgentConfigMount mounts volume conf"],
    ],
    [
      "one path for a secret and a volume",
      [volumes({ name: "data" }), appmesh({ secretMounts: "certs:/certs", volumeMounts: "data:/certs" })],
      {},
      "bad-annotation",
      ["both use the path /certs"],
    ],
    [
      "a secret over the identity",
      [appmesh({ secretMounts: "certs:/var/run/outrigger" })],
      {},
      "bad-annotation",
      ["/var/run/outrigger"],
    ],
    ["a secret over the SDS socket", [appmesh({ secretMounts: `certs:${SOCKET}` })], SDS, "bad-annotation", [SOCKET]],
    [
      "an environment name that is expanded in our argument",
      [appmesh({ sidecarEnv: "OUTRIGGER_POD_NAME=x" })],
      {},
      "reserved-env",
      ["OUTRIGGER_POD_NAME"],
    ],
    [
      "the admin port",
      [withContainers(aContainer("a", tcp(9901)))],
      {},
      "port-taken",
      ["spec.containers[0] (a) declares port 9901", "admin interface"],
    ],
    [
      "another admin port",
      [withContainers(aContainer("a", tcp(9000)))],
      { proxy: { adminPort: 9000 } },
      "port-taken",
      ["9000"],
    ],
    ["the inbound port", [withContainers(aContainer("a", tcp(15000)))], {}, "port-taken", ["inbound listener"]],
    ["the outbound port", [withContainers(aContainer("a", tcp(15001)))], {}, "port-taken", ["outbound listener"]],
    ["the status port", [withContainers(aContainer("a", tcp(15020)))], {}, "port-taken", ["status listener"]],
    [
      "the X-Ray daemon's port",
      [withContainers(aContainer("a", tcp(2000, "UDP")))],
      XRAY,
      "port-taken",
      ["spec.containers[0] (a) declares port 2000, which the X-Ray daemon needs"],
    ],
    [
      "a port of a native sidecar",
      [withSpec({ initContainers: [aContainer("s", { restartPolicy: "Always", ...tcp(15000) })] })],
      {},
      "port-taken",
      ["spec.initContainers[0] (s)"],
    ],
    [
      "a captured range over our ports",
      [appmesh({ ports: "14000:15000" })],
      {},
      "port-taken",
      ["14000:15000 include 15000"],
    ],
    ["a captured admin port", [appmesh({ ports: "80,9901" })], {}, "port-taken", ["leave it out of the annotation"]],
  ])("%s", (_name, changes, configuration, reason, parts) => {
    const { outcome, reason: found, message } = resultOf(changes, { configuration });
    expect({ outcome, reason: found }).toEqual({ outcome: "deny", reason });
    for (const part of parts) expect(message).toContain(part);
  });

  test("a listener on a port of ours is not blamed on an annotation that nobody wrote", () => {
    const virtualNodes = [
      aNode("web", { podSelector: { matchLabels: {}, matchExpressions: [] }, listenerPorts: [9901] }),
    ];
    const { reason, message } = resultOf([], { virtualNodes });
    expect(reason).toBe("port-taken");
    expect(message).toContain("it is a listener of VirtualNode shop/web");
    expect(message).not.toContain("annotation");
    const annotated = resultOf([appmesh({ ports: "9901" })], { virtualNodes });
    expect(annotated.message).toContain("leave it out of the annotation");
  });
});

describe("no conflict:", () => {
  test.each<[string, readonly PodChange[], ConfigurationInput]>([
    ["a container with a similar name", [withContainers(aContainer("envoy-proxy"), aContainer("proxyinit2"))], {}],
    [
      "an init container named proxyinit beside the CNI plugin",
      [withSpec({ initContainers: [aContainer("proxyinit")] }), appmesh({ appmeshCNI: "enabled" })],
      {},
    ],
    ["the identity's volume name where there is no identity", [volumes({ name: "outrigger-identity" })], AWS],
    [
      "the same without a control plane",
      [volumes({ name: "outrigger-identity" })],
      { proxy: { controlPlane: "none" } },
    ],
    [
      "a secret over the identity's path where there is none",
      [appmesh({ secretMounts: "certs:/var/run/outrigger" })],
      AWS,
    ],
    ["the SDS volume's name without SDS", [volumes(sdsVolume("/tmp/other.sock"))], {}],
    [
      "the same where the pod switches SDS off",
      [volumes(sdsVolume("/tmp/other.sock")), appmesh({ sds: "disabled" })],
      SDS,
    ],
    ["one volume at two paths", [volumes({ name: "data" }), appmesh({ volumeMounts: "data:/a,data:/b" })], {}],
    ["an X-Ray configuration that nobody reads", [appmesh({ xrayAgentConfigMount: "conf:/etc/xray" })], {}],
    [
      "an expanded name in the aws flavor, which expands nothing",
      [appmesh({ sidecarEnv: "OUTRIGGER_POD_NAME=x" })],
      AWS,
    ],
    ["the X-Ray daemon's port without X-Ray", [withContainers(aContainer("a", tcp(2000, "UDP")))], {}],
    [
      "the X-Ray daemon's port of the pod's own daemon",
      [withContainers(aContainer("xray-daemon", tcp(2000, "UDP")))],
      XRAY,
    ],
    [
      "the X-Ray daemon's port, when it is another",
      [withContainers(aContainer("a", tcp(2000, "UDP")))],
      { tracing: { provider: "xray", port: 2001 } },
    ],
    ["our ports by UDP", [withContainers(aContainer("a", tcp(15000, "UDP")))], {}],
    ["the status port in the aws flavor", [withContainers(aContainer("a", tcp(15020)))], AWS],
    ["our port in an init container that ends", [withSpec({ initContainers: [aContainer("s", tcp(15000))] })], {}],
    [
      "the default admin port, when it is another",
      [withContainers(aContainer("a", tcp(9901)))],
      { proxy: { adminPort: 9000 } },
    ],
  ])("%s", (_name, changes, configuration) => {
    expect(resultOf(changes, { configuration }).outcome).toBe("inject");
  });

  test("the SDS socket's volume, saved from a controller's pod, is used as it is", () => {
    const { result, pod } = injected(aPod(volumes(sdsVolume(SOCKET))), { configuration: SDS });
    expect(result.outcome).toBe("inject");
    expect(volumesOf(pod).filter((volume) => volume["name"] === "appmesh-sds-socket-volume")).toHaveLength(1);
    expect(JSON.stringify(containerOf(pod, "envoy"))).toContain(`"mountPath":"${SOCKET}"`);
  });
});

describe("a gateway's container envoy", () => {
  const gateway = (members: JsonObject = {}): Surroundings & { pod: JsonObject } => ({
    pod: aPod(labelled({ app: "gw" }), withContainers(aContainer("envoy", members))),
    virtualGateways: [aNode("gw")],
  });
  const decide = (members: JsonObject, configuration: ConfigurationInput = {}) => {
    const { pod, ...surroundings } = gateway(members);
    return injected(pod, { ...surroundings, configuration }).result;
  };

  test("is filled in", () => {
    expect(decide({ ports: [{ containerPort: 8088 }, { containerPort: 15000 }] }).outcome).toBe("inject");
  });

  test("must be there", () => {
    const { result } = injected(aPod(labelled({ app: "gw" })), { virtualGateways: [aNode("gw")] });
    expect(result.reason).toBe("gateway-without-envoy");
    expect(result.message).toContain("none of its containers is named envoy");
  });

  test("must not be an init container", () => {
    const pod = aPod(labelled({ app: "gw" }), withSpec({ initContainers: [aContainer("envoy")] }));
    expect(injected(pod, { virtualGateways: [aNode("gw")] }).result.reason).toBe("gateway-without-envoy");
  });

  test.each(["command", "args"])("must not set %s, where the configuration is an argument", (key) => {
    expect(decide({ [key]: ["x"] })).toMatchObject({ reason: "gateway-with-command" });
    expect(decide({ [key]: ["x"] }, AWS).outcome).toBe("inject");
  });

  test("must not set a name that is expanded in our argument", () => {
    const env = [
      { name: "TEST_ENV", value: "1" },
      { name: "OUTRIGGER_POD_UID", value: "x" },
    ];
    expect(decide({ env })).toMatchObject({ outcome: "deny", reason: "reserved-env" });
  });
});

describe("warned about, with the way out:", () => {
  const user = (runAsUser: number) => ({ securityContext: { runAsUser } });
  const enforce = (level: string) => ({
    namespace: { labels: { [INJECT_KEY]: "enabled", "pod-security.kubernetes.io/enforce": level } },
  });
  const ordinary: ConfigurationInput = { proxy: { mode: "ordinary" } };

  test.each<[string, readonly PodChange[], Surroundings, string]>([
    [
      "an app container with Envoy's UID",
      [withContainers(aContainer("a", user(1337)))],
      {},
      "spec.containers[0] (a) runs as UID 1337",
    ],
    ["a pod with Envoy's UID", [withSpec(user(1337))], {}, "spec.containers[0] (nginx) runs as UID 1337"],
    ["the UID that is configured", [withSpec(user(2000))], { configuration: { proxy: { uid: 2000 } } }, "UID 2000"],
    [
      "baseline Pod Security",
      [],
      enforce("baseline"),
      "enforces Pod Security baseline, which refuses NET_ADMIN of proxyinit",
    ],
    ["restricted Pod Security", [], enforce("restricted"), "appmeshCNI: enabled"],
    [
      "Pod Security and the SDS socket",
      [appmesh({ appmeshCNI: "enabled" })],
      { ...enforce("baseline"), configuration: SDS },
      "refuses the hostPath of the SDS socket",
    ],
    [
      "a stop delay beyond the grace period",
      [labelled({}), (pod) => ({ ...pod, metadata: { name: "a", annotations: { "outrigger.dev/stop-delay": "30" } } })],
      {},
      "stopping takes up to 30 s (stop delay), but the pod is killed after 30 s",
    ],
    [
      "preStop and drain beyond the grace period",
      [],
      { configuration: { ...ordinary, flavor: "aws" } },
      "up to 40 s (preStop delay and drain)",
    ],
    [
      "a preStop delay beyond the grace period, after which the stock Envoy ends at once",
      [withSpec({ terminationGracePeriodSeconds: 20 })],
      { configuration: ordinary },
      "up to 20 s (preStop delay), but the pod is killed after 20 s",
    ],
    [
      "a gateway's delay beyond the grace period",
      [withSpec({ terminationGracePeriodSeconds: 20 }), labelled({ app: "edge" }), withContainers(aContainer("envoy"))],
      { virtualNodes: [], virtualGateways: [aNode("edge")] },
      "up to 20 s (preStop delay), but the pod is killed after 20 s",
    ],
    [
      "a short grace period",
      [withSpec({ terminationGracePeriodSeconds: 40 })],
      { configuration: { ...ordinary, flavor: "aws" } },
      "killed after 40 s",
    ],
  ])("%s", (_name, changes, surroundings, part) => {
    const { outcome, warnings } = resultOf(changes, surroundings);
    expect(outcome).toBe("inject");
    expect(warnings).toContainEqual(expect.stringContaining(part));
  });

  test.each<[string, readonly PodChange[], Surroundings, string]>([
    [
      "a container that overrides the pod's UID",
      [withSpec(user(1337)), withContainers(aContainer("a", user(1)))],
      {},
      "UID",
    ],
    [
      "a gateway with Envoy's UID",
      [labelled({ app: "gw" }), withContainers(aContainer("envoy", user(1337)))],
      { virtualGateways: [aNode("gw")] },
      "UID",
    ],
    ["privileged Pod Security", [], enforce("privileged"), "Pod Security"],
    [
      "restricted Pod Security with the CNI plugin",
      [appmesh({ appmeshCNI: "enabled" })],
      enforce("restricted"),
      "Pod Security",
    ],
    [
      "a native sidecar, which the kubelet stops last",
      [withSpec({ terminationGracePeriodSeconds: 1 })],
      {},
      "killed after",
    ],
    [
      "a grace period that is long enough",
      [withSpec({ terminationGracePeriodSeconds: 41 })],
      { configuration: ordinary },
      "killed after",
    ],
  ])("not %s", (_name, changes, surroundings, part) => {
    expect(resultOf(changes, surroundings).warnings.join("\n")).not.toContain(part);
  });
});

test("a volume that is missing is told with sixteen of those that are there", () => {
  const volumes = Array.from({ length: 18 }, (_, index) => ({ name: `v${index}` }));
  const message = (count: number) =>
    injected(aPod(appmesh({ volumeMounts: "certs:/certs" }), withSpec({ volumes: volumes.slice(0, count) }))).result
      .message;
  expect(message(16)).toContain("v14, v15; add the volume");
  expect(message(18)).toContain("v14, v15 and 2 more; add the volume");
});

test.each(["/var/run/outrigger/", "/var/run//outrigger", "/var/run/x/../outrigger"])(
  "%s is the path of the sidecar's own volume, however it is written",
  (path) => {
    const { result } = injected(aPod(appmesh({ secretMounts: `certs:${path}` })));
    expect(result).toMatchObject({ outcome: "deny", reason: "bad-annotation" });
    expect(result.message).toContain("/var/run/outrigger,");
  },
);

test("a pod with an X-Ray daemon of its own needs no volume for ours, and is told that the annotation has no effect", () => {
  const own = withContainers(aContainer("nginx"), aContainer("xray-daemon"));
  const { result } = injected(aPod(appmesh({ xrayAgentConfigMount: "conf:/etc/xray" }), own), {
    configuration: { tracing: { provider: "xray" } },
  });
  expect(result.outcome).toBe("inject");
  expect(result.warnings.join()).toContain("xrayAgentConfigMount has no effect");
});
