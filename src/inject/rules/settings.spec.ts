import { describe, expect, test } from "vitest";
import {
  aContainer,
  aNode,
  aPod,
  appmesh,
  containerOf,
  envOf,
  injected,
  labelled,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import { type JsonObject, objectOf } from "../../model/json.ts";

const NO_EFFECT = /^annotation appmesh\.k8s\.aws\/(\S+) has no effect: (.*)$/;

/** The annotations that are said to have no effect, and why. */
function without(pod: JsonObject, configuration: ConfigurationInput = {}): Readonly<Record<string, string>> {
  const { result } = injected(pod, { configuration, virtualGateways: [aNode("edge")] });
  expect(result.outcome, result.message).toBe("inject");
  const found = result.warnings.map((warning) => NO_EFFECT.exec(warning)).filter((match) => match !== null);
  return Object.fromEntries(found.map(([, name = "", why = ""]) => [name, why]));
}

describe("an annotation that changes nothing is said to", () => {
  const gateway = (annotations: JsonObject) =>
    aPod(labelled({ app: "edge" }), withContainers(aContainer("envoy")), appmesh(annotations));
  const OWN = "the pod is a virtual gateway, its container envoy is the user's own";
  const RESOURCES = "a gateway's container sets its own resources";

  test.each([
    { name: "ports", value: "80", why: OWN },
    { name: "egressIgnoredPorts", value: "22", why: OWN },
    { name: "egressIgnoredIPs", value: "10.0.0.1", why: OWN },
    { name: "appmeshCNI", value: "disabled", why: OWN },
    { name: "ipv6", value: "disabled", why: OWN },
    { name: "secretMounts", value: "tls:/tls", why: OWN },
    { name: "volumeMounts", value: "data:/data", why: OWN },
    { name: "sidecarEnv", value: "A=1", why: OWN },
    { name: "sidecarEnvJson", value: '[{"A":"1"}]', why: OWN },
    { name: "cpuRequest", value: "1m", why: RESOURCES },
    { name: "memoryRequest", value: "1Mi", why: RESOURCES },
    { name: "cpuLimit", value: "1", why: RESOURCES },
    { name: "memoryLimit", value: "1Gi", why: RESOURCES },
  ])("$name of a gateway, and only that", ({ name, value, why }) => {
    expect(without(gateway({ [name]: value }))).toEqual({ [name]: why });
  });

  test("where the app is, of a gateway, which stands before none", () => {
    const annotated = (pod: JsonObject, value: string): JsonObject => {
      const metadata = objectOf(pod["metadata"]);
      const annotations = { ...objectOf(metadata["annotations"]), "outrigger.dev/app-address": value };
      return { ...pod, metadata: { ...metadata, annotations } };
    };
    const said = (pod: JsonObject) =>
      injected(pod, { virtualGateways: [aNode("edge")] }).result.warnings.filter((one) => one.includes("app-address"));
    expect(said(annotated(gateway({}), "pod"))).toEqual([
      "annotation outrigger.dev/app-address has no effect: a virtual gateway stands before no app",
    ]);
    expect(said(annotated(aPod(), "pod"))).toEqual([]);
  });

  test("not for a gateway that sets nothing", () => {
    expect(without(gateway({}))).toEqual({});
  });

  test("not for resources of a gateway with an X-Ray daemon, which has them", () => {
    expect(without(gateway({ cpuRequest: "20m" }), { tracing: { provider: "xray" } })).toEqual({});
  });

  test("nor for a virtual node's own", () => {
    const annotations = {
      ports: "80",
      ipv6: "disabled",
      secretMounts: "tls:/tls",
      sidecarEnv: "A=1",
      cpuRequest: "1m",
    };
    expect(without(aPod(appmesh(annotations)))).toEqual({});
  });

  test.each([
    { annotations: { sds: "enabled" }, why: "the configuration does not enable SDS, and a pod cannot" },
    { annotations: { virtualGatewaySkipImageOverride: "enabled" }, why: "the pod is not a virtual gateway" },
    { annotations: { preview: "enabled" }, why: "there is no preview channel; the node's metadata carries it" },
  ])("$annotations of a virtual node", ({ annotations, why }) => {
    expect(without(aPod(appmesh(annotations)))).toEqual({ [Object.keys(annotations)[0] as string]: why });
  });

  test("but not where it has one", () => {
    expect(without(aPod(appmesh({ sds: "enabled" })), { sds: { enabled: true } })).toEqual({});
    expect(without(aPod(appmesh({ sds: "disabled" })))).toEqual({});
    expect(without(aPod(appmesh({ preview: "enabled" })), { flavor: "aws" })).toEqual({});
    expect(without(aPod(appmesh({ preview: "disabled" })))).toEqual({});
    expect(without(gateway({ virtualGatewaySkipImageOverride: "enabled" }))).toEqual({});
  });

  test("the X-Ray daemon's configuration without the daemon", () => {
    const pod = aPod(
      appmesh({ xrayAgentConfigMount: "config:/etc/xray" }),
      withSpec({ volumes: [{ name: "config" }] }),
    );
    expect(without(pod)).toEqual({ xrayAgentConfigMount: "X-Ray tracing is not configured" });
    expect(without(pod, { tracing: { provider: "xray" } })).toEqual({});
  });
});

describe("X-Ray's sampling rate in the pod's environment", () => {
  const pod = (rate: string) => aPod(appmesh({ sidecarEnv: `XRAY_SAMPLING_RATE=${rate},OTHER=1` }));
  const env = (configuration: ConfigurationInput) =>
    envOf(containerOf(injected(pod("0.25"), { configuration }).pod, "envoy"));

  test("is read and left out of the upstream image's environment", () => {
    const found = env({ tracing: { provider: "xray" } });
    expect(found).not.toHaveProperty("XRAY_SAMPLING_RATE");
    expect(found).toHaveProperty("OTHER");
  });

  test("is a variable like any other without X-Ray", () => {
    expect(env({})).toMatchObject({ XRAY_SAMPLING_RATE: "0.25", OTHER: "1" });
  });

  test("that cannot be read is a denial that says where it stands", () => {
    const { result } = injected(pod("5%"), { configuration: { tracing: { provider: "xray" } } });
    expect(result).toMatchObject({ outcome: "deny", reason: "bad-annotation" });
    expect(result.trace.at(-1)?.rule).toBe("environment");
    expect(result.message).toMatch(/^XRAY_SAMPLING_RATE in the pod's sidecarEnv: "5%" is not a rate/);
  });
});
