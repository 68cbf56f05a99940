import { describe, expect, test } from "vitest";
import {
  aContainer,
  aMesh,
  aNode,
  anInput,
  aPod,
  appmesh,
  labelled,
  ownedBy,
  withContainers,
  withSpec,
} from "../../test/pods.ts";
import { type Configuration, type ConfigurationInput, configuration } from "../config/schema.ts";
import { type SettingValue, typeOf, valueAt } from "../config/setting-type.ts";
import { SETTINGS, type SettingPath } from "../config/sources.ts";
import { settingsWithoutEffect } from "../config/without-effect.ts";
import { INJECT_KEY } from "../model/names.ts";
import { inject } from "./inject.ts";

/** Of each setting another value than its default. Texts need one written down; the others follow from the schema. */
const OTHER_TEXTS: Partial<Record<SettingPath, SettingValue>> = {
  meshName: "other-mesh",
  region: "us-west-2",
  accountId: "000000000000",
  excludedNamespaces: ["shop"],
  "proxy.image": "example/envoy:other",
  "proxy.pullSecret": "pull",
  "proxy.requests.cpu": "20m",
  "proxy.requests.memory": "64Mi",
  "proxy.limits.cpu": "1",
  "proxy.limits.memory": "1Gi",
  "proxy.adminAccessLogFile": "/tmp/other.log",
  "proxy.awsCredentialsSecret": "credentials",
  "proxy.controlPlaneAddress": "other.appmesh-system.svc",
  "capture.program": "aws",
  "capture.image": "example/capture:other",
  "capture.ignoredIps": ["10.0.0.0/8"],
  "capture.ignoredPorts": [3306],
  "tracing.address": "10.0.0.9",
  "tracing.samplingRate": "0.5",
  "tracing.xrayImage": "example/xray:other",
  "tracing.xrayRoleArn": "arn:aws:iam::123456789012:role/xray",
  "stats.statsdAddress": "10.0.0.9",
  "stats.statsdSocketPath": "/run/statsd.sock",
  "sds.udsPath": "/run/sds.sock",
};

/** Settings of Outrigger's own processes, which no sidecar sees. */
const PROCESSES: readonly string[] = ["webhook", "controlPlane", "arn", "log"];
const SIDECAR_SETTINGS = SETTINGS.filter(({ section }) => !PROCESSES.includes(section));

/** Pods that between them are reached by every setting; a setting that changes none of them has no effect. */
const SITUATIONS = [
  anInput(aPod()),
  anInput(aPod(labelled({ app: "cart" })), {
    owner: ownedBy("Deployment", "cart"),
    virtualNodes: [aNode("cart", { cloudMap: true, meshRef: "shared", listenerPorts: [80] })],
    meshes: [aMesh("shared", { meshOwner: "111111111111" })],
  }),
  anInput(aPod(appmesh({ appmeshCNI: "disabled" }), withSpec({ initContainers: [aContainer("init")] }))),
  anInput(aPod(labelled({ app: "edge" }), withContainers(aContainer("envoy"))), {
    virtualGateways: [aNode("edge", { meshRef: "test-mesh" })],
  }),
  anInput(aPod(withSpec({ terminationGracePeriodSeconds: 600 })), {
    namespace: { labels: { [INJECT_KEY]: "enabled", "istio-injection": "enabled" } },
  }),
] as const;

/** Configurations in which different settings come to matter. */
const CONTEXTS: Readonly<Record<string, ConfigurationInput>> = {
  default: {},
  xray: { tracing: { provider: "xray" } },
  jaeger: { tracing: { provider: "jaeger" } },
  datadog: { tracing: { provider: "datadog" } },
  otel: { tracing: { provider: "otel" } },
  statsd: { stats: { statsd: true } },
  "statsd by socket": { stats: { statsd: true, statsdSocketPath: "/run/other.sock" } },
  sds: { sds: { enabled: true } },
  ordinary: { proxy: { mode: "ordinary" } },
  "ordinary, waiting": { proxy: { mode: "ordinary", waitUntilReady: true } },
  "no control plane": { proxy: { controlPlane: "none" } },
  "CNI plugin": { capture: { mode: "cni" } },
  "AWS's capture program": { capture: { program: "aws" } },
};

describe.each(["envoy", "aws"] as const)(
  "flavor %s: every setting has an effect, or it is said that it has none",
  (flavor) => {
    test.each(Object.entries(CONTEXTS))("%s", (_name, context) => {
      const base = { meshName: "test-mesh", ...context, flavor };
      const before = outputs(configuration(base));
      const others = SIDECAR_SETTINGS.map(({ path }) => path).filter(
        (path) => path !== "flavor" && isUsual(path, base),
      );
      const wrong = others.flatMap((path) => {
        const changed = configuration(withSetting(base, path, otherValue(path)));
        const hasEffect = outputs(changed) !== before;
        const isNamed = settingsWithoutEffect(changed).some((setting) => setting.path === path);
        if (hasEffect !== isNamed) return [];
        // an entry in the node's metadata is all that changes
        return path === "preview" && flavor === "envoy" && isNamed ? [] : [{ path, hasEffect, isNamed }];
      });
      expect(wrong).toEqual([]);
      expect(others.length).toBeGreaterThan(50);
    });
  },
);

/** What comes of all situations, without the hash of the configuration, which every change changes. */
function outputs(settings: Configuration): string {
  return SITUATIONS.map((situation) => {
    const { outcome, reason, patch } = inject({ ...situation, configuration: settings });
    return JSON.stringify({ outcome, reason, patch }).replace(/\\"configuration\\":\\"[0-9a-f]{12}\\"/, "");
  }).join("\n");
}

function isUsual(path: SettingPath, base: ConfigurationInput): boolean {
  return (
    path === "meshName" || JSON.stringify(valueAt(configuration(base), path)) === JSON.stringify(typeOf(path).default)
  );
}

/** An allowed value that is not the default. */
function otherValue(path: SettingPath): SettingValue {
  const type = typeOf(path);
  const candidates: readonly (SettingValue | undefined)[] = [
    OTHER_TEXTS[path],
    ...(type.choices ?? []),
    ...(type.takes === "boolean" ? [true, false] : []),
    ...(type.takes === "integer" ? [7] : []),
  ];
  const found = candidates.find((value) => value !== undefined && value !== type.default);
  if (found === undefined || !type.accepts(found)) throw new Error(`${path} needs another value in OTHER_TEXTS`);
  return found;
}

function withSetting(base: ConfigurationInput, path: SettingPath, value: SettingValue): ConfigurationInput {
  const result = structuredClone(base) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() as string;
  const parent = keys.reduce<Record<string, unknown>>((at, key) => {
    at[key] ??= {};
    return at[key] as Record<string, unknown>;
  }, result);
  parent[last] = value;
  return result;
}
