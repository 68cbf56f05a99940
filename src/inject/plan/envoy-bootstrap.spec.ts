import { describe, expect, test } from "vitest";
import { aContainer, aPod, containerOf, injected, withContainers } from "../../../test/pods.ts";
import { expandedSize } from "../../bootstrap/expansion.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import { type Json, listOf, member, stringOf } from "../../model/json.ts";
import { LONGEST_ARGUMENT } from "./envoy-bootstrap.ts";

/** A pod whose Envoy checks a gRPC service of that name: the text stands in the bootstrap once. */
function podWithService(service: string) {
  return aPod(
    withContainers(
      aContainer("rpc", { ports: [{ containerPort: 9000 }], readinessProbe: { grpc: { port: 9000, service } } }),
    ),
  );
}

function argumentOf(service: string): string {
  const { pod, result } = injected(podWithService(service));
  expect(result.outcome, result.message).toBe("inject");
  return stringOf(listOf(member(containerOf(pod, "envoy"), "args"))[1]) as string;
}

/** Takes the argument to exactly so many bytes after the kubelet's expansion, at most. */
function serviceFor(bytes: number, character: string): string {
  const rest = bytes - expandedSize(argumentOf("x")) + 1;
  const size = Buffer.byteLength(character);
  return character.repeat(Math.floor(rest / size)) + "x".repeat(rest % size);
}

describe.each([
  { alphabet: "ASCII", character: "x" },
  { alphabet: "three bytes each", character: "€" },
  { alphabet: "four bytes each", character: "🛶" },
])("a bootstrap of $alphabet", ({ character }) => {
  test(`of ${LONGEST_ARGUMENT} bytes is the longest`, () => {
    const argument = argumentOf(serviceFor(LONGEST_ARGUMENT, character));
    expect(expandedSize(argument)).toBe(131_071);
  });

  test("of one byte more is a denial that says what takes the room", () => {
    const { result } = injected(podWithService(serviceFor(LONGEST_ARGUMENT + 1, character)));
    expect(result).toMatchObject({ outcome: "deny", reason: "bootstrap-too-large", patch: [] });
    expect(result.message).toMatch(
      /^Envoy's configuration takes up to 131072 bytes as an argument, but an argument ends at 131071; most of it are \d+ bytes of clusters and \d+ bytes of listeners for 1 rewritten probes: use fewer or shorter probes$/,
    );
  });
});

test("a doubled dollar counts as the one that the kubelet makes of it", () => {
  const plain = expandedSize(argumentOf("x".repeat(100)));
  expect(expandedSize(argumentOf("$".repeat(100)))).toBe(plain);
});

function bootstrapOf(configuration: ConfigurationInput): Json {
  const { pod } = injected(aPod(), { configuration });
  return JSON.parse(stringOf(listOf(member(containerOf(pod, "envoy"), "args"))[1]) as string) as Json;
}

const at = (value: Json, ...path: readonly string[]) => path.reduce<Json | undefined>(member, value);

describe("tracing", () => {
  const provider = (configuration: ConfigurationInput) =>
    at(bootstrapOf(configuration), "node", "metadata", "outrigger", "tracing", "provider", "typed_config");
  const cluster = (configuration: ConfigurationInput) =>
    JSON.stringify(
      listOf(at(bootstrapOf(configuration), "static_resources", "clusters")).find(
        (entry) => member(entry, "name") === "outrigger_tracing",
      ) ?? null,
    );

  test("none is none", () => {
    expect(provider({})).toBeUndefined();
    expect(cluster({})).toBe("null");
  });

  test.each([
    { name: "jaeger", address: "appmesh-jaeger.appmesh-system", port: 9411 },
    { name: "datadog", address: "datadog.appmesh-system", port: 8126 },
    { name: "otel", address: "127.0.0.1", port: 4317 },
  ] as const)("$name goes to its default, $address:$port, or where it is told", ({ name, address, port }) => {
    expect(cluster({ tracing: { provider: name } })).toContain(`"address":"${address}","port_value":${port}`);
    expect(cluster({ tracing: { provider: name, address: "10.0.0.9", port: 1234 } })).toContain(
      '"address":"10.0.0.9","port_value":1234',
    );
    expect(cluster({ tracing: { provider: name, address: "ref:status.hostIP" } })).toContain(
      '"address":"$(OUTRIGGER_HOST_IP)"',
    );
  });

  test.each(["datadog", "otel"] as const)("%s is told which service this is", (name) => {
    expect(provider({ tracing: { provider: name } })).toMatchObject({ service_name: "envoy-test-mesh/shop-nginx" });
  });

  test("X-Ray goes to the daemon in the pod, on its port and with its rate", () => {
    expect(provider({ tracing: { provider: "xray", port: 2100, samplingRate: "0.5" } })).toMatchObject({
      daemon_endpoint: { address: "127.0.0.1", port_value: 2100 },
      segment_name: "test-mesh/shop-nginx",
      sampling_rule_manifest: { inline_string: expect.stringContaining('"rate":0.5') as string },
    });
    expect(provider({ tracing: { provider: "xray" } })).toMatchObject({ daemon_endpoint: { port_value: 2000 } });
  });

  test("the sampling rate is the configured one", () => {
    const sampling = at(
      bootstrapOf({ tracing: { provider: "jaeger", samplingRate: "0.25" } }),
      "node",
      "metadata",
      "outrigger",
      "tracing",
      "random_sampling",
    );
    expect(sampling).toEqual({ value: 25 });
  });
});

describe("statsd", () => {
  const sink = (stats: ConfigurationInput["stats"]) =>
    at(listOf(member(bootstrapOf({ stats }), "stats_sinks"))[0] ?? null, "typed_config", "address");

  test("off is off, whatever else is said", () => {
    expect(sink({ statsdAddress: "10.0.0.9" })).toBeUndefined();
  });

  test("goes to an address, the node's if wanted, or to a socket", () => {
    const address = { protocol: "UDP", address: "127.0.0.1", port_value: 8125 };
    expect(sink({ statsd: true })).toEqual({ socket_address: address });
    expect(sink({ statsd: true, statsdAddress: "ref:status.hostIP", statsdPort: 8126 })).toEqual({
      socket_address: { ...address, address: "$(OUTRIGGER_HOST_IP)", port_value: 8126 },
    });
    expect(sink({ statsd: true, statsdSocketPath: "/run/dsd.socket " })).toEqual({ pipe: { path: "/run/dsd.socket" } });
  });
});

test("the control plane is the configured one, or none", () => {
  const configured = JSON.stringify(
    bootstrapOf({ proxy: { controlPlaneAddress: "10.0.0.7", controlPlanePort: 18443 } }),
  );
  expect(configured).toContain('"address":"10.0.0.7","port_value":18443');
  expect(bootstrapOf({ proxy: { controlPlane: "none" } })).not.toHaveProperty("dynamic_resources");
});
