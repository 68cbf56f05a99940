import fc from "fast-check";
import { ANNOTATIONS } from "../src/inject/annotation-table.ts";
import type { Json, JsonObject } from "../src/model/json.ts";
import { APPMESH_PREFIX } from "../src/model/names.ts";

/*
 * Pods of every valid shape, for property tests: optional parents present, absent and null, fields that no Kubernetes has
 * yet at any depth, and text that would break a template, a shell line or a prototype.
 */

/** Text that means something to a shell, a template, a JSON parser, the kubelet or JavaScript. */
const HOSTILE = [
  '"quoted"',
  "back\\slash",
  "line\nbreak",
  "$(OUTRIGGER_POD_IP)",
  "$$(HOME)",
  "$HOME",
  "{{ .Values }}",
  "__proto__",
  "constructor",
  "</script>",
  "ünïcödé 🛶",
  "\u2028",
  "'; rm -rf /",
  "%s%n",
] as const;

export const hostileText = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "grapheme", maxLength: 12 }));

/** Keys that nobody knows; `__proto__` is one of them. */
const unknownKey = fc.constantFrom("fromTheFuture", "x-vendor/field", "__proto__", "a~b/c", "ünknown");
const unknownValue: fc.Arbitrary<Json> = fc.oneof(
  hostileText,
  fc.integer(),
  fc.constant(null),
  fc.constant({ nested: [{ deep: null }, []] }),
  fc.constant([]),
  fc.constant({}),
);

/** An object with some of the members, and sometimes one that is unknown. `__proto__` becomes a member like any other. */
function object(members: Readonly<Record<string, fc.Arbitrary<Json | undefined>>>): fc.Arbitrary<JsonObject> {
  return fc
    .tuple(fc.record(members), fc.option(fc.tuple(unknownKey, unknownValue), { nil: undefined, freq: 6 }))
    .map(([known, extra]) => {
      const entries = Object.entries(known).filter((entry): entry is [string, Json] => entry[1] !== undefined);
      return Object.fromEntries(extra === undefined ? entries : [...entries, extra]) as JsonObject;
    });
}

/** Present, absent or null. */
function optional<T extends Json>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null | undefined> {
  return fc.oneof({ weight: 6, arbitrary: value }, fc.constant(undefined), fc.constant(null));
}

const port = fc.constantFrom(80, 8080, 8443, 9000, 53, 7000);
const portReference = fc.oneof(port, fc.constantFrom("http", "8080", "nowhere"));
const seconds = fc.integer({ min: 1, max: 60 });

const probeAction: fc.Arbitrary<JsonObject> = fc.oneof(
  object({
    path: optional(fc.oneof(fc.constantFrom("/", "/ready?deep=1", "healthz"), hostileText)),
    port: portReference,
    scheme: optional(fc.constantFrom("HTTP", "HTTPS")),
    host: fc.option(fc.constantFrom("", "10.0.0.1"), { nil: undefined, freq: 8 }),
    httpHeaders: optional(
      fc.array(object({ name: fc.constantFrom("Host", "X-Probe"), value: hostileText }), { maxLength: 2 }),
    ),
  }).map((httpGet) => ({ httpGet })),
  object({ port: portReference }).map((tcpSocket) => ({ tcpSocket })),
  object({ port, service: optional(hostileText) }).map((grpc) => ({ grpc })),
  fc.constant({ exec: { command: ["true"] } }),
);

const probe: fc.Arbitrary<JsonObject> = fc
  .tuple(probeAction, object({ timeoutSeconds: optional(seconds), periodSeconds: optional(seconds) }))
  .map(([action, timing]) => ({ ...timing, ...action }));

const quantity = fc.constantFrom("10m", "0.5", "1", "100m");
const memory = fc.constantFrom("64Mi", "1Gi", "128e6");
const resources = object({
  requests: optional(object({ cpu: optional(quantity), memory: optional(memory) })),
  limits: optional(object({ cpu: optional(quantity), memory: optional(memory) })),
});

function container(name: string, list: "containers" | "initContainers"): fc.Arbitrary<JsonObject> {
  return object({
    name: fc.constant(name),
    image: fc.constant(`example/${name}:1`),
    ports: optional(
      fc.array(
        object({
          containerPort: port,
          name: optional(fc.constantFrom("http", "other")),
          protocol: optional(fc.constantFrom("TCP", "UDP")),
        }),
        {
          maxLength: 3,
        },
      ),
    ),
    env: optional(fc.array(object({ name: fc.constantFrom("A", "B"), value: hostileText }), { maxLength: 2 })),
    resources: optional(resources),
    lifecycle: optional(
      object({
        preStop: fc.option(fc.constant({ exec: { command: ["stop"] } }), { nil: undefined }),
        postStart: optional(fc.constant({ exec: {} })),
      }),
    ),
    livenessProbe: optional(probe),
    readinessProbe: optional(probe),
    startupProbe: optional(probe),
    securityContext: optional(object({ runAsUser: optional(fc.constantFrom(0, 1000, 1337)) })),
    volumeMounts: optional(
      fc.array(object({ name: fc.constant("data"), mountPath: fc.constant("/data") }), { maxLength: 1 }),
    ),
    ...(list === "initContainers" && { restartPolicy: fc.constantFrom(undefined, "Always") }),
  });
}

/** Distinct names, as the API server demands. */
function containers(
  list: "containers" | "initContainers",
  names: readonly string[],
  least: number,
): fc.Arbitrary<JsonObject[]> {
  return fc
    .integer({ min: least, max: names.length })
    .chain((count) => fc.tuple(...names.slice(0, count).map((name) => container(name, list))));
}

/** Each with values that are accepted, so that most pods are injected. */
export const GOOD_ANNOTATIONS: Readonly<Record<string, readonly string[]>> = {
  mesh: ["other-mesh", "ünïcode mesh $(X)", 'a"b\\c'],
  virtualNode: ["my-app", "__proto__", "$(OUTRIGGER_POD_IP)", 'quote"d'],
  ports: ["80", "8080, 9000", "", "80:9000"],
  egressIgnoredPorts: ["22,3306", ""],
  egressIgnoredIPs: ["10.0.0.0/8,fd00::/8"],
  cpuRequest: ["20m", ""],
  memoryRequest: ["64Mi"],
  cpuLimit: ["1"],
  memoryLimit: ["1Gi", ""],
  preview: ["enabled", "true", "maybe"],
  appmeshCNI: ["enabled", "disabled", "nonsense"],
  secretMounts: ["tls:/etc/tls, other.secret:/etc/other"],
  volumeMounts: ["data:/etc/data"],
  xrayAgentConfigMount: ["data:/etc/xray"],
  sidecarEnv: ["DD_ENV=prod,B=$(A)"],
  sidecarEnvJson: [JSON.stringify([{ TEXT: HOSTILE.join(" ") }])],
  sds: ["disabled", "enabled"],
  ipv6: ["disabled", "Enabled"],
  "stop-delay": ["0", "15s"],
  "init-containers": ["inside", "outside"],
  "app-address": ["loopback", "pod"],
};

/** The full key of one of these annotations. */
export function annotationKey(name: string): string {
  return ANNOTATIONS.find(({ key }) => key.endsWith(`/${name}`))?.key ?? `${APPMESH_PREFIX}${name}`;
}

const annotations: fc.Arbitrary<JsonObject> = fc
  .tuple(
    fc.dictionary(
      fc.oneof(fc.constantFrom("note", "__proto__", "example.com/a~b", `${APPMESH_PREFIX}unknown`), hostileText),
      hostileText,
      { maxKeys: 4 },
    ),
    fc.subarray(Object.keys(GOOD_ANNOTATIONS), { maxLength: 5 }),
    fc.nat({ max: 7 }),
  )
  .map(([others, names, pick]) =>
    Object.fromEntries([
      ...Object.entries(others),
      ...names.map((name) => {
        const values = GOOD_ANNOTATIONS[name] ?? [""];
        return [annotationKey(name), values[pick % values.length] ?? ""] as const;
      }),
    ]),
  );

/** Any pod that an API server without us would take, of shapes that bear on injection. */
export const anyPod: fc.Arbitrary<JsonObject> = object({
  apiVersion: fc.constant("v1"),
  kind: fc.constant("Pod"),
  metadata: object({
    name: fc.constant("web-1"),
    labels: optional(fc.constant({ app: "web", "pod-template-hash": "abc" })),
    annotations: optional(annotations),
  }),
  spec: object({
    containers: containers("containers", ["web", "cache", "log-shipper"], 1),
    initContainers: optional(containers("initContainers", ["migrate", "own-sidecar"], 0)),
    volumes: optional(fc.array(fc.constant({ name: "data", emptyDir: {} }), { maxLength: 1 })),
    imagePullSecrets: optional(fc.array(fc.constant({ name: "own" }), { maxLength: 1 })),
    readinessGates: optional(fc.array(fc.constant({ conditionType: "own.example/ready" }), { maxLength: 1 })),
    securityContext: optional(object({ fsGroup: optional(fc.constant(42)) })),
    resources: fc.option(resources, { nil: undefined, freq: 6 }),
    terminationGracePeriodSeconds: optional(fc.constantFrom(0, 5, 60)),
  }),
});
