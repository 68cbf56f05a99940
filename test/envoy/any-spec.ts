import fc from "fast-check";
import { expanded } from "../../src/bootstrap/expansion.ts";
import type { BootstrapSpec, ControlPlane, ProbeCheck, ProbeRoute, Statsd, Tracing } from "../../src/bootstrap/spec.ts";

const port = fc.integer({ min: 1, max: 65_535 });
const host = fc.oneof(
  fc.constantFrom("127.0.0.1", "10.1.2.3", "::1", "[fd00::1]", "collector", "jaeger.tracing.svc"),
  fc.constant(expanded("OUTRIGGER_HOST_IP")),
);
/** Text of a pod's author: anything but NUL, which no annotation can hold. */
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).map((value) => value.replaceAll("\0", "0"));
/** Of a path, what Kubernetes lets through: anything that is not empty. */
const path = fc.oneof(
  text,
  fc.webPath({ size: "small" }).map((value) => value || "/"),
);
const samplingRate = fc.integer({ min: 0, max: 1_000_000 }).map((millionths) => millionths / 1_000_000);

const check: fc.Arbitrary<ProbeCheck> = fc.oneof(
  fc.record({ kind: fc.constant("http" as const), tls: fc.boolean(), port, path, ownHost: fc.boolean() }),
  fc.record({ kind: fc.constant("tcp" as const), port }),
  fc.record({ kind: fc.constant("grpc" as const), port, service: fc.oneof(fc.constant(""), text) }),
);

const probes: fc.Arbitrary<ProbeRoute[]> = fc
  .array(fc.record({ timeoutSeconds: fc.integer({ min: 1, max: 300 }), check }), { maxLength: 6 })
  .map((list) => list.map((probe, index) => ({ path: `/probe/c${index}/readiness`, ...probe })));

const tracing: fc.Arbitrary<Tracing> = fc.oneof(
  fc.constant({ kind: "none" as const }),
  fc.record({ kind: fc.constant("xray" as const), address: host, port, samplingRate, segmentName: text }),
  fc.record({ kind: fc.constant("jaeger" as const), address: host, port, samplingRate }),
  fc.record({
    kind: fc.constantFrom("datadog" as const, "otel" as const),
    address: host,
    port,
    samplingRate,
    serviceName: text,
  }),
);

const controlPlane: fc.Arbitrary<ControlPlane> = fc.oneof(
  fc.constant({ kind: "none" as const }),
  fc.record({
    kind: fc.constant("ads" as const),
    address: fc.constantFrom("outrigger.appmesh-system.svc", "10.0.0.7", "fd00::7", "[fd00::7]"),
    port,
  }),
);

const statsd: fc.Arbitrary<Statsd | undefined> = fc.option(
  fc.oneof(
    fc.record({ kind: fc.constant("address" as const), address: host, port }),
    fc.record({ kind: fc.constant("socket" as const), path: text.map((value) => `/run/${value}`) }),
  ),
  { nil: undefined },
);

/** Any spec that keeps to the types and to what Kubernetes and the configuration let through. */
export function anySpec(): fc.Arbitrary<BootstrapSpec> {
  return fc.record({
    node: fc.record({
      mesh: text,
      kind: fc.constantFrom("virtualNode" as const, "virtualGateway" as const),
      name: text,
      release: fc.constant("0.1.0"),
      preview: fc.boolean(),
    }),
    controlPlane,
    clusterDns: fc.option(
      fc.constantFrom(
        { servers: ["10.96.0.10"], domain: "cluster.local" },
        { servers: ["fd00::a", "10.96.0.10"], domain: "corp.example" },
      ),
      { nil: undefined },
    ),
    adminPort: port,
    ipv6: fc.boolean(),
    probes,
    tracing,
    statsTags: fc.boolean(),
    statsd,
    sdsSocket: fc.option(fc.constant("/run/spire/sockets/agent.sock"), { nil: undefined }),
  });
}
