import { describe, expect, test } from "vitest";
import {
  aContainer,
  aPod,
  appmesh,
  containerOf,
  containersOf,
  initContainersOf,
  injected,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import type { JsonObject } from "../../model/json.ts";

type Tracing = NonNullable<ConfigurationInput["tracing"]>;

function daemon(tracing: Tracing = {}, more: ConfigurationInput = {}, pod: JsonObject = aPod()): JsonObject {
  const configuration = { ...more, tracing: { provider: "xray" as const, ...tracing } };
  return containerOf(injected(pod, { configuration }).pod, "xray-daemon") as JsonObject;
}

describe("the X-Ray daemon", () => {
  test("runs beside Envoy as a native sidecar with the same user, and few rights", () => {
    expect(daemon({}, { region: "us-west-2", proxy: { uid: 2000 } })).toEqual({
      name: "xray-daemon",
      image: "public.ecr.aws/xray/aws-xray-daemon",
      restartPolicy: "Always",
      env: [{ name: "AWS_REGION", value: "us-west-2" }],
      ports: [{ name: "xray", containerPort: 2000, protocol: "UDP" }],
      resources: { requests: { cpu: "10m", memory: "32Mi" } },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        runAsNonRoot: true,
        runAsUser: 2000,
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
  });

  test("comes after Envoy, in both modes", () => {
    const names = (mode: "native" | "ordinary") => {
      const { pod } = injected(aPod(), { configuration: { proxy: { mode }, tracing: { provider: "xray" } } });
      return [initContainersOf(pod), containersOf(pod)].map((list) => list.map(({ name }) => name));
    };
    expect(names("native")).toEqual([["envoy", "proxyinit", "xray-daemon"], ["nginx"]]);
    expect(names("ordinary")).toEqual([["proxyinit"], ["nginx", "envoy", "xray-daemon"]]);
    expect(daemon({}, { proxy: { mode: "ordinary" } })).not.toHaveProperty("restartPolicy");
  });

  test("has no region where none is configured", () => {
    expect(daemon()["env"]).toEqual([]);
  });

  test("has the configured image", () => {
    expect(daemon({ xrayImage: "example/xray@sha256:abc" })["image"]).toBe("example/xray@sha256:abc");
  });

  test.each<{ tracing: Tracing; args: readonly string[] | undefined }>([
    { tracing: {}, args: undefined },
    { tracing: { port: 2000, xrayLogLevel: "prod" }, args: undefined },
    { tracing: { port: 2100 }, args: ["--bind", "127.0.0.1:2100", "--bind-tcp", "127.0.0.1:2100"] },
    { tracing: { xrayLogLevel: "dev" }, args: ["--log-level", "dev"] },
    {
      tracing: { xrayRoleArn: "arn:aws:iam::123456789012:role/x" },
      args: ["--role-arn", "arn:aws:iam::123456789012:role/x"],
    },
  ])("$tracing gives the arguments $args", ({ tracing, args }) => {
    expect(daemon(tracing)["args"]).toEqual(args);
  });

  test("listens on the port that Envoy sends to", () => {
    expect(daemon({ port: 2100 })["ports"]).toEqual([{ name: "xray", containerPort: 2100, protocol: "UDP" }]);
  });

  test.each(["/etc/xray", "/etc/xray/", "/etc/xray//"])("with a file at %s takes everything from there", (path) => {
    const pod = aPod(appmesh({ xrayAgentConfigMount: `config:${path}` }), withSpec({ volumes: [{ name: "config" }] }));
    const container = daemon({ xrayLogLevel: "dev" }, {}, pod);
    expect(container["command"]).toEqual(["/xray", "--config", "/etc/xray/xray-daemon.yaml"]);
    expect(container).not.toHaveProperty("args");
    expect(container["volumeMounts"]).toEqual([{ name: "config", mountPath: path, readOnly: true }]);
  });

  test("reads its file where it is mounted, also at a path that looks like a reference to a variable", () => {
    const pod = aPod(
      appmesh({ xrayAgentConfigMount: "config:/etc/$(AWS_REGION)" }),
      withSpec({ volumes: [{ name: "config" }] }),
    );
    const container = daemon({}, {}, pod);
    expect(container["command"]).toEqual(["/xray", "--config", "/etc/$$(AWS_REGION)/xray-daemon.yaml"]);
    expect(container["volumeMounts"]).toEqual([{ name: "config", mountPath: "/etc/$(AWS_REGION)", readOnly: true }]);
  });

  test("is not there with another provider", () => {
    expect(daemon({ provider: "jaeger" })).toBeUndefined();
  });
});

test.each(["containers", "initContainers"])(
  "a daemon of the pod's own among its %s is used instead, and it is said",
  (list) => {
    const own = aContainer("xray-daemon", { own: true });
    const pod =
      list === "containers" ? aPod(withContainers(aContainer("app"), own)) : aPod(withSpec({ initContainers: [own] }));
    const { result, pod: patched } = injected(pod, { configuration: { tracing: { provider: "xray" } } });
    expect(containerOf(patched, "xray-daemon")).toEqual(own);
    expect(result.warnings).toContain("the pod has a container xray-daemon of its own: it is used instead of ours");
    expect(injected(pod).result.warnings.join()).not.toContain("xray-daemon");
  },
);
