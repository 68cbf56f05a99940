import { describe, expect, test } from "vitest";
import {
  aContainer,
  annotationOf,
  aPod,
  appmesh,
  containerOf,
  containersOf,
  envOf,
  initContainersOf,
  injected,
  namesOf,
  volumesOf,
  withContainers,
} from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import { type JsonObject, listOf } from "../../model/json.ts";
import { TOKEN_SDS_KEY, TRUST_KEY, TRUST_SDS_KEY } from "../../model/names.ts";

type Proxy = NonNullable<ConfigurationInput["proxy"]>;

function envoy(proxy: Proxy = {}, pod: JsonObject = aPod()): JsonObject {
  return containerOf(injected(pod, { configuration: { proxy } }).pod, "envoy") as JsonObject;
}

/** The arguments after the bootstrap. */
const argumentsOf = (proxy: Proxy) => listOf(envoy(proxy)["args"]).slice(2);

describe("the envoy container", () => {
  test("is a native sidecar before proxyinit and the pod's own init containers", () => {
    const pod = aPod((plain) => ({
      ...plain,
      spec: { ...(plain["spec"] as JsonObject), initContainers: [aContainer("migrate")] },
    }));
    const { pod: patched } = injected(pod);
    expect(namesOf(patched)).toEqual(["envoy", "proxyinit", "migrate", "nginx"]);
    expect(containerOf(patched, "envoy")).toMatchObject({ restartPolicy: "Always" });
  });

  test("has the flavor's image, or the configured one with tag or digest", () => {
    expect(envoy()["image"]).toBe("docker.io/envoyproxy/envoy:distroless-v1.40.0");
    expect(envoy({ image: "example/envoy@sha256:abc" })["image"]).toBe("example/envoy@sha256:abc");
  });

  test("takes its configuration as an argument, and log level, drain time and threads", () => {
    expect(listOf(envoy()["args"])[0]).toBe("--config-yaml");
    const drain = ["--drain-time-s", "600", "--drain-strategy", "immediate"];
    const last = ["--disable-hot-restart", "--concurrency"];
    expect(argumentsOf({})).toEqual(["--log-level", "info", ...drain, ...last, "2"]);
    expect(argumentsOf({ logLevel: "trace", concurrency: 3 })).toEqual([
      "--log-level",
      "trace",
      ...drain,
      ...last,
      "3",
    ]);
  });

  test("may do nothing that it need not", () => {
    expect(envoy({ uid: 2000 })["securityContext"]).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: 2000,
      runAsNonRoot: true,
      runAsUser: 2000,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  test("is asked for its readiness on the status port", () => {
    const httpGet = { path: "/ready", port: 15020 };
    const container = envoy({ readinessPeriodSeconds: 3 });
    expect(container).toMatchObject({ ports: [{ name: "stats", containerPort: 15020, protocol: "TCP" }] });
    expect(container["readinessProbe"]).toEqual({ httpGet, periodSeconds: 3 });
    expect(envoy()["readinessProbe"]).toEqual({ httpGet, periodSeconds: 10 });
  });

  test("has the pull policy that is configured, or none", () => {
    expect(envoy()).not.toHaveProperty("imagePullPolicy");
    expect(envoy({ imagePullPolicy: "Never" })).toMatchObject({ imagePullPolicy: "Never" });
  });

  test("is an ordinary container last in the list on request", () => {
    const { pod } = injected(aPod(), { configuration: { proxy: { mode: "ordinary" } } });
    expect(containersOf(pod).map(({ name }) => name)).toEqual(["nginx", "envoy"]);
    expect(initContainersOf(pod).map(({ name }) => name)).toEqual(["proxyinit"]);
    expect(containerOf(pod, "envoy")).not.toHaveProperty("restartPolicy");
    expect(containerOf(pod, "envoy")).not.toHaveProperty("startupProbe");
  });
});

describe("its environment", () => {
  const env = (configuration: ConfigurationInput, pod: JsonObject = aPod()) =>
    envOf(containerOf(injected(pod, { configuration }).pod, "envoy"));
  const field = (fieldPath: string) => JSON.stringify({ fieldRef: { fieldPath } });

  test("holds what the bootstrap refers to, from the downward API", () => {
    expect(env({})).toEqual({ OUTRIGGER_POD_UID: field("metadata.uid") });
  });

  test("holds the pod's and the node's address only where the bootstrap refers to them", () => {
    const probe = aContainer("web", { ports: [{ containerPort: 80 }], livenessProbe: { tcpSocket: { port: 80 } } });
    expect(env({}, aPod(withContainers(probe)))["OUTRIGGER_POD_IP"]).toBe(field("status.podIP"));
    const host = env({ tracing: { provider: "jaeger", address: "ref:status.hostIP" } });
    expect(host["OUTRIGGER_HOST_IP"]).toBe(field("status.hostIP"));
  });

  test.each(["$(OUTRIGGER_HOST_IP)", "$$(OUTRIGGER_HOST_IP)", "a$$$(OUTRIGGER_HOST_IP)"])(
    "a user's text %s is no reference",
    (text) => {
      const livenessProbe = { httpGet: { path: `/${text}`, port: 80 } };
      const probe = aContainer("web", { ports: [{ containerPort: 80 }], livenessProbe });
      expect(env({}, aPod(withContainers(probe)))).not.toHaveProperty("OUTRIGGER_HOST_IP");
    },
  );

  test("ends with the user's own, sorted by name, the JSON form winning", () => {
    const pod = aPod(
      appmesh({ sidecarEnv: "B=plain,A=1", sidecarEnvJson: JSON.stringify([{ B: 'a, "b" = $(c)' }, { C: "" }]) }),
    );
    expect(Object.entries(env({}, pod)).slice(-3)).toEqual([
      ["A", "1"],
      ["B", 'a, "b" = $(c)'],
      ["C", ""],
    ]);
  });
});

describe("its identity", () => {
  test("is one volume of token and annotations, read-only", () => {
    const { pod } = injected(aPod());
    expect(containerOf(pod, "envoy")?.["volumeMounts"]).toEqual([
      { name: "outrigger-identity", mountPath: "/var/run/outrigger", readOnly: true },
    ]);
    const item = (path: string, key: string) => ({ path, fieldRef: { fieldPath: `metadata.annotations['${key}']` } });
    expect(volumesOf(pod)).toEqual([
      {
        name: "outrigger-identity",
        projected: {
          sources: [
            { serviceAccountToken: { audience: "outrigger.dev/xds", expirationSeconds: 3600, path: "token" } },
            {
              downwardAPI: {
                items: [
                  item("trust.pem", "outrigger.dev/trust"),
                  item("trust-sds.json", "outrigger.dev/trust-sds"),
                  item("token-sds.json", "outrigger.dev/token-sds"),
                ],
              },
            },
          ],
        },
      },
    ]);
  });

  test("has its files in annotations; the trust may come later", () => {
    const { pod } = injected(aPod());
    expect(annotationOf(pod, TRUST_KEY)).toContain("BEGIN CERTIFICATE");
    expect(JSON.parse(annotationOf(pod, TRUST_SDS_KEY) as string)).toMatchObject({ resources: [{ name: "trust" }] });
    expect(JSON.parse(annotationOf(pod, TOKEN_SDS_KEY) as string)).toMatchObject({ resources: [{ name: "token" }] });
    expect(annotationOf(injected(aPod(), { trust: { kind: "later" } }).pod, TRUST_KEY)).toBeUndefined();
  });

  test.each<ConfigurationInput>([{ proxy: { controlPlane: "none" } }, { flavor: "aws" }])(
    "is not needed with %j",
    (configuration) => {
      const { pod } = injected(aPod(), { configuration });
      expect(volumesOf(pod)).toEqual([]);
      expect(containerOf(pod, "envoy")).not.toHaveProperty("volumeMounts");
      for (const key of [TRUST_KEY, TRUST_SDS_KEY, TOKEN_SDS_KEY]) expect(annotationOf(pod, key)).toBeUndefined();
    },
  );
});
