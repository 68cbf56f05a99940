import fc from "fast-check";
import { ANNOTATIONS } from "../../src/inject/annotation-table.ts";
import type { JsonObject } from "../../src/model/json.ts";

const port = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(1, 22, 80, 443, 8080, 9000, 65535) },
  { weight: 1, arbitrary: fc.constantFrom(9901, 15000, 15001, 15020) },
);
const portName = fc.constantFrom("http", "grpc", "metrics", "stats");

/** A request and a limit that is not below it; either may be missing. */
function sized(ladder: readonly string[]) {
  const step = fc.nat({ max: ladder.length - 1 });
  return fc.tuple(step, step, fc.constantFrom("both", "request", "limit", "none")).map(([a, b, which]) => ({
    request: which === "both" || which === "request" ? ladder[Math.min(a, b)] : undefined,
    limit: which === "both" || which === "limit" ? ladder[Math.max(a, b)] : undefined,
  }));
}

function resourcesFrom(cpus: readonly string[], memories: readonly string[]) {
  return fc.tuple(sized(cpus), sized(memories)).map(([cpu, memory]) => ({
    requests: { cpu: cpu.request, memory: memory.request },
    limits: { cpu: cpu.limit, memory: memory.limit },
  }));
}

const resources = resourcesFrom(
  ["0", "1m", "10m", "100m", "250e-3", "1"],
  ["0", "1Mi", "32Mi", "64Mi", "100e6", "128Mi", "0.5Gi"],
);
const podResources = resourcesFrom(["4", "5"], ["4Gi", "5G"]);

/** Members that two thirds of the pods have; `undefined` is left out when the pod becomes JSON. */
function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 3 });
}

const target = fc.oneof(port, portName);
const action = fc.oneof(
  fc.record({
    httpGet: fc.record(
      {
        port: target,
        path: fc.constantFrom("/", "/health?a=1&b=$(HOME)", "/ü", "//x", "/a b", "/#f"),
        scheme: fc.constantFrom("HTTP", "HTTPS"),
        host: fc.constantFrom("", "example.com", "127.0.0.1"),
        httpHeaders: fc.array(
          fc.record({
            name: fc.constantFrom("Host", "X-A", "x-a", "User-Agent"),
            value: fc.constantFrom("", "a b", "é"),
          }),
          { maxLength: 3 },
        ),
      },
      { requiredKeys: ["port"] },
    ),
  }),
  fc.record({
    tcpSocket: fc.record({ port: target, host: fc.constantFrom("", "example.com") }, { requiredKeys: ["port"] }),
  }),
  fc.record({ grpc: fc.record({ port, service: fc.constantFrom("", "my.Service") }, { requiredKeys: ["port"] }) }),
  fc.record({ exec: fc.constant({ command: ["true"] }) }),
);
const timing = fc.record(
  {
    timeoutSeconds: fc.constantFrom(1, 5, 3600),
    periodSeconds: fc.constantFrom(1, 10),
    initialDelaySeconds: fc.constantFrom(0, 3),
    failureThreshold: fc.constantFrom(1, 100),
  },
  { requiredKeys: [] },
);
const probe = fc.tuple(action, timing).map(([what, when]) => ({ ...when, ...what }));
const readiness = fc
  .tuple(probe, fc.constantFrom(1, 2))
  .map(([members, successThreshold]) => ({ ...members, successThreshold }));

const securityContext = fc.record(
  {
    runAsUser: fc.constantFrom(0, 1000, 1337),
    runAsNonRoot: fc.boolean(),
    readOnlyRootFilesystem: fc.boolean(),
    privileged: fc.boolean(),
    capabilities: fc.constantFrom({}, { drop: ["ALL"] }, { add: ["NET_ADMIN"] }),
  },
  { requiredKeys: [] },
);

const containerMembers = fc.record({
  ports: rarely(
    fc.uniqueArray(
      fc.record(
        { containerPort: port, name: portName, protocol: fc.constantFrom("TCP", "TCP", "UDP", "SCTP") },
        { requiredKeys: ["containerPort"] },
      ),
      { maxLength: 3, selector: ({ name, containerPort }) => name ?? containerPort },
    ),
  ),
  resources: rarely(resources),
  livenessProbe: rarely(probe),
  readinessProbe: rarely(readiness),
  startupProbe: rarely(probe),
  securityContext: rarely(securityContext),
  lifecycle: rarely(
    fc.constantFrom(
      { preStop: { exec: { command: ["true"] } } },
      { postStart: { httpGet: { port: 80 } } },
      { preStop: { sleep: { seconds: 3 } } },
    ),
  ),
  env: rarely(
    fc.constantFrom(
      [],
      [{ name: "A", value: "$(B)" }],
      [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
    ),
  ),
  envFrom: rarely(fc.constant([{ configMapRef: { name: "settings" } }])),
  terminationMessagePolicy: rarely(fc.constant("FallbackToLogsOnError")),
  imagePullPolicy: rarely(fc.constantFrom("Always", "Never")),
});

const names = (prefix: string) =>
  fc.constantFrom(1, 2, 3).map((count) => Array.from({ length: count }, (_, index) => `${prefix}${index}`));
const containers = names("app").chain((list) =>
  fc.tuple(
    ...list.map((name) => containerMembers.map((members) => ({ name, image: `example.com/${name}`, ...members }))),
  ),
);
const initMembers = containerMembers.map(
  ({ livenessProbe: _l, readinessProbe: _r, startupProbe: _s, lifecycle: _c, ...rest }) => rest,
);
const initContainer = fc.oneof(
  initMembers,
  containerMembers.map((members) => ({ ...members, restartPolicy: "Always" })),
);
const initContainers = names("init").chain((list) =>
  fc.tuple(...list.map((name) => initContainer.map((members) => ({ name, image: `example.com/${name}`, ...members })))),
);

const spec = fc.record({
  containers,
  initContainers: rarely(initContainers),
  volumes: rarely(fc.constantFrom([], [{ name: "data", emptyDir: {} }], [{ name: "data", configMap: { name: "a" } }])),
  restartPolicy: rarely(fc.constantFrom("Always", "OnFailure", "Never")),
  securityContext: rarely(
    fc.record({
      runAsUser: rarely(fc.constantFrom(1000, 1337)),
      fsGroup: rarely(fc.constantFrom(0, 2000)),
      runAsNonRoot: rarely(fc.boolean()),
      supplementalGroups: rarely(fc.constant([4000])),
    }),
  ),
  terminationGracePeriodSeconds: rarely(fc.constantFrom(5, 600)),
  shareProcessNamespace: rarely(fc.boolean()),
  hostIPC: rarely(fc.boolean()),
  dnsPolicy: rarely(fc.constantFrom("Default", "ClusterFirstWithHostNet")),
  automountServiceAccountToken: rarely(fc.boolean()),
  imagePullSecrets: rarely(fc.constantFrom([], [{ name: "pull" }], [{ name: "other" }])),
  readinessGates: rarely(fc.constantFrom([], [{ conditionType: "example.com/ready" }])),
  schedulingGates: rarely(fc.constant([{ name: "example.com/gate" }])),
  os: rarely(fc.constant({ name: "linux" })),
  activeDeadlineSeconds: rarely(fc.constant(600)),
  resources: rarely(podResources),
});

const annotations = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom(...ANNOTATIONS), fc.constantFrom("example", "example", "example", "empty", "odd")),
    {
      maxLength: 4,
      selector: ([entry]) => entry.key,
    },
  )
  .map((list) =>
    Object.fromEntries(
      list.map(([entry, kind]) => [entry.key, kind === "example" ? entry.example : kind === "empty" ? "" : "0"]),
    ),
  );

/** Pods that use rare members of the API together, most of them valid, with annotations of ours. */
export const oddPod: fc.Arbitrary<JsonObject> = fc.tuple(spec, annotations).map(([members, values]) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "odd", annotations: values },
  spec: JSON.parse(JSON.stringify(members)) as JsonObject,
}));
