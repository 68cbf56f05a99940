import fc from "fast-check";
import { expect, test } from "vitest";
import { bootstrap } from "../../src/bootstrap/bootstrap.ts";
import { bootstrapArgument, expandedSize } from "../../src/bootstrap/expansion.ts";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { type Json, type JsonObject, listOf, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { anySpec } from "../envoy/any-spec.ts";
import { expandAsKubelet, LOOPBACK_POD } from "../envoy/kubelet-expansion.ts";

const BUDGET = { interruptAfterTimeLimit: 3000 };

/** What Envoy reads in a pod whose container has these variables, some of which a hostile pod could have set. */
function inPod(spec: BootstrapSpec): JsonObject {
  const variables = { ...LOOPBACK_POD, HOME: "expanded!", PATH: "expanded!" };
  return JSON.parse(expandAsKubelet(bootstrapArgument(bootstrap(spec)), variables)) as JsonObject;
}

function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((node, key) => member(node, key), value);
}

test("the same spec gives the same bytes", () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      expect(bootstrapArgument(bootstrap(structuredClone(spec)))).toBe(bootstrapArgument(bootstrap(spec)));
    }),
    BUDGET,
  );
});

test("names come through the kubelet's expansion as they were written", () => {
  const named = anySpec().chain((spec) =>
    fc
      .tuple(fc.constantFrom("$(HOME)", "$$(HOME)", "$", "$$", "$(OUTRIGGER_POD_IP)", '"', "\\", "\n"), fc.string())
      .map(([bait, rest]) => ({ ...spec, node: { ...spec.node, mesh: `${bait}${rest.replaceAll("\0", "")}` } })),
  );
  fc.assert(
    fc.property(named, (spec) => {
      const { mesh, kind, name } = spec.node;
      expect(at(inPod(spec), "node", "id")).toBe(`mesh/${mesh}/${kind}/${name}`);
    }),
    BUDGET,
  );
});

test("the bound of the expanded size is never below the real one", () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      const argument = bootstrapArgument(bootstrap(spec));
      expect(Buffer.byteLength(expandAsKubelet(argument, LOOPBACK_POD))).toBeLessThanOrEqual(expandedSize(argument));
    }),
    BUDGET,
  );
});

test("every probe has exactly one door, and there is no other besides readiness and metrics", () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      const [manager] = objectsOf(at(objectsOf(at(statusListener(spec), "filter_chains"))[0], "filters"));
      const config = at(manager, "typed_config");
      const [host] = objectsOf(at(config, "route_config", "virtual_hosts"));
      const [closed, open] = [true, false].map((is) =>
        objectsOf(at(host, "routes")).filter((route) => "direct_response" in route === is),
      );
      expect(closed?.map((route) => at(route, "direct_response", "status"))).toEqual([404]);
      const routes = open?.map((route) => at(route, "match", "path")) ?? [];
      const answered = objectsOf(at(config, "http_filters")).flatMap((filter) =>
        objectsOf(at(filter, "typed_config", "headers")).map((header) => at(header, "string_match", "exact")),
      );
      const doors = [...routes, ...answered.filter((exact) => exact !== "GET")];
      const expected = ["/ready", "/stats/prometheus", ...spec.probes.map(({ path }) => path)];
      expect(doors).toHaveLength(expected.length);
      expect(new Set(doors)).toEqual(new Set(expected));
    }),
    BUDGET,
  );
});

test("every cluster that is named exists, once", () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      const names = objectsOf(at(bootstrap(spec), "static_resources", "clusters")).map((cluster) =>
        at(cluster, "name"),
      );
      expect(new Set(names).size).toBe(names.length);
      const missing = clusterReferences(bootstrap(spec)).filter((reference) => !names.includes(reference));
      expect(missing).toEqual([]);
    }),
    BUDGET,
  );
});

test("what is ours is left out of the statistics, and what passes the app's traffic on is not", () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      const whole = bootstrap(spec);
      const isLeftOut = exclusion(whole);
      const clusters = objectsOf(at(whole, "static_resources", "clusters")).map(({ name }) => stringOf(name) ?? "");
      const passing = clusters.filter((name) => /^outrigger_(pass_through_|nowhere$)/.test(name));
      expect(clusters.filter((name) => !isLeftOut(`cluster.${name}.upstream_rq_total`))).toEqual(passing);
      const listeners = objectsOf(at(whole, "static_resources", "listeners"));
      for (const { name, stat_prefix: prefix } of listeners) {
        const isPassing = name === "outrigger_inbound" || name === "outrigger_outbound";
        expect(isLeftOut(`listener.${stringOf(prefix)}.downstream_cx_total`)).toBe(!isPassing);
      }
      for (const kept of ["membership_total", "membership_healthy"]) {
        const tcp = clusters.filter((name) => /^outrigger_probe_(tcp|grpc)_/.test(name));
        expect(tcp.filter((name) => isLeftOut(`cluster.${name}.${kept}`))).toEqual([]);
      }
    }),
    BUDGET,
  );
});

test("names that hold ours, and what Envoy goes by, stay in the statistics", () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      const isLeftOut = exclusion(bootstrap(spec));
      const kept = [
        "cluster_manager.warming_clusters",
        "cluster.cds_egress_shop_outrigger_admin_http_8080.upstream_rq_total",
        "cluster.outrigger_admins.upstream_rq_total",
        "http.outrigger_status_page.downstream_rq_total",
        "listener.0.0.0.0_15000.downstream_cx_total",
        "control_plane.connected_state",
        "server.live",
      ];
      expect(kept.filter(isLeftOut)).toEqual([]);
    }),
    BUDGET,
  );
});

/** Whether Envoy would leave a statistic of that name out, by the patterns of the bootstrap. */
function exclusion(whole: JsonObject): (name: string) => boolean {
  const patterns = objectsOf(at(whole, "stats_config", "stats_matcher", "exclusion_list", "patterns"));
  return (name) =>
    patterns.some(({ prefix, safe_regex: regex }) =>
      typeof prefix === "string"
        ? name.startsWith(prefix)
        : new RegExp(`^(?:${stringOf(member(regex, "regex"))})$`).test(name),
    );
}

test("listeners other than the status listener appear only where they were asked for", () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      const relayed = (address: string): number => (/[a-z]/i.test(address.replaceAll(/\0.*\0|.*:.*/g, "")) ? 1 : 0);
      const passThrough = spec.controlPlane.kind === "none" ? 2 : 0;
      const statsd = spec.statsd?.kind === "address" ? relayed(spec.statsd.address) : 0;
      const xray = spec.tracing.kind === "xray" ? relayed(spec.tracing.address) : 0;
      expect(listOf(at(bootstrap(spec), "static_resources", "listeners"))).toHaveLength(
        1 + passThrough + statsd + xray,
      );
    }),
    BUDGET,
  );
});

function statusListener(spec: BootstrapSpec): JsonObject | undefined {
  return objectsOf(at(bootstrap(spec), "static_resources", "listeners"))[0];
}

/** The values of all members that name a cluster, at any depth. */
function clusterReferences(value: Json): Json[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(clusterReferences);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value as JsonObject).flatMap(([key, entry]) => {
    if (["cluster", "cluster_name", "collector_cluster"].includes(key) && !("metadata" in value)) return [entry];
    if (key === "cluster_min_healthy_percentages") return Object.keys(entry as JsonObject);
    return clusterReferences(entry);
  });
}
