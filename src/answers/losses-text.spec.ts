import { describe, expect, test } from "vitest";
import { ANSWER_LIMITS } from "./limits.ts";
import { lossesReport } from "./losses-report.ts";
import { lossesText } from "./losses-text.ts";
import type { ChangedWorkload, ModeChangeEffect, WorkloadChange } from "./serving-losses.ts";

const NOW = new Date("2026-11-28T12:00:00Z");
const plain = (_: string, text: string): string => text;
const NOTHING = { served: [], observed: { workloads: 0, pods: 0 }, unchanged: { served: 0, observed: 0 }, nobody: 0 };

function workload(name: string, change: WorkloadChange, given: Partial<ChangedWorkload> = {}): ChangedWorkload {
  return {
    namespace: "shop",
    workload: { kind: "Deployment", name },
    pods: 2,
    node: { kind: "VirtualNode", namespace: "shop", name },
    mesh: "main",
    ignoredPorts: [{ first: 22, last: 22 }],
    ignoredIps: [],
    change,
    ...given,
  };
}

const LOSES = {
  kind: "loses",
  filter: "absent",
  reaches: [
    { name: "colour.shop", ports: [8080, 9090] },
    { name: "nobody.shop", ports: [] },
  ],
  lost: ["shop/db", "default/kubernetes"],
} as const;

function text(
  effect: Partial<ModeChangeEffect>,
  notes: readonly string[] = [],
  already: readonly ChangedWorkload[] = [],
): string {
  return lossesText(lossesReport({ ...NOTHING, ...effect }, already, notes, "0.2.0", NOW), plain);
}

describe("what would be lost, as text", () => {
  test("is a paragraph for each workload that loses something, and a line for the others", () => {
    const served = [
      workload("front", LOSES),
      workload(
        "alone",
        { ...LOSES, filter: "set", reaches: [], lost: [] },
        { pods: 1, ignoredPorts: [], ignoredIps: ["10.0.0.0/8"] },
      ),
      workload("free", { kind: "keeps" }),
    ];
    expect(
      text({ served, unchanged: { served: 3, observed: 0 }, nobody: 1 }, ["the App Mesh kinds are not installed"]),
    ).toBe(`shop Deployment/front  2 pods, VirtualNode shop/front of Mesh main
  DROP_ALL, as Mesh main has no egressFilter: reaches colour.shop (8080, 9090), nobody.shop (without a provider); *.amazonaws.com over TLS on port 443; past the sidecar port 22
  loses 2 Services of the cluster (shop/db, default/kubernetes), and everything outside of the cluster

shop Deployment/alone  1 pod, VirtualNode shop/alone of Mesh main
  DROP_ALL: reaches no backend, as it has none; *.amazonaws.com over TLS on port 443; past the sidecar 10.0.0.0/8
  loses everything outside of the cluster

nothing is lost (ALLOW_ALL, or a gateway): shop Deployment/free

what helps: what an app calls of that goes into the backends of its VirtualNode, with a VirtualService of that name; or past its sidecar,
by the annotations appmesh.k8s.aws/egressIgnoredPorts and egressIgnoredIPs on pods that are created again; or spec.egressFilter.type:
ALLOW_ALL on the Mesh lets everything else out as it came. What its apps really call nobody here knows: what passes through leaves no record.

note: the App Mesh kinds are not installed
3 workloads: 2 would lose destinations, 1 would lose nothing; 3 pods served already; 1 pod of no node
`);
  });

  test("says of those that are served already what they cannot reach, apart from what would be lost", () => {
    const already = [workload("front", LOSES), workload("free", { kind: "keeps" })];
    expect(
      text({ unchanged: { served: 4, observed: 2 } }, [], already),
    ).toBe(`served already, so that this is how it is now:

shop Deployment/front  2 pods, VirtualNode shop/front of Mesh main
  DROP_ALL, as Mesh main has no egressFilter: reaches colour.shop (8080, 9090), nobody.shop (without a provider); *.amazonaws.com over TLS on port 443; past the sidecar port 22
  cannot reach 2 Services of the cluster (shop/db, default/kubernetes), and anything outside of the cluster

reaches everything (ALLOW_ALL, or a gateway): shop Deployment/free

what helps: what an app calls of that goes into the backends of its VirtualNode, with a VirtualService of that name; or past its sidecar,
by the annotations appmesh.k8s.aws/egressIgnoredPorts and egressIgnoredIPs on pods that are created again; or spec.egressFilter.type:
ALLOW_ALL on the Mesh lets everything else out as it came. What its apps really call nobody here knows: what passes through leaves no record.

no workload would be served that is not; 4 pods served already; 2 pods passing through as before
`);
    const report = lossesReport(NOTHING, already, [], "0.2.0", NOW);
    expect(report.workloads).toEqual([]);
    expect(report.served.map(({ name, outcome, lostServices }) => [name, outcome, lostServices])).toEqual([
      ["front", "loses", 2],
      ["free", "keeps", 0],
    ]);
  });

  test("says that there is nothing to serve", () => {
    expect(text({})).toBe("no workload would be served that is not\n");
  });

  test("names few of many, and says how many there are", () => {
    const lost = Array.from({ length: 3000 }, (_, index) => `shop/s${index}`);
    const served = Array.from({ length: 130 }, (_, index) => workload(`w${index}`, { ...LOSES, lost }));
    const said = text({ served });
    expect(said).toContain("loses 3000 Services of the cluster (shop/s0, ");
    expect(said).toContain(` and ${3000 - ANSWER_LIMITS.namedObjects} more), and everything`);
    expect(said).toContain("and 30 workloads more: --output json shows all, -n some\n");
    const [first] = lossesReport({ ...NOTHING, served }, [], [], "0.2.0", NOW).workloads;
    expect(first).toMatchObject({ lostServices: 3000 });
    expect(first?.lost).toHaveLength(ANSWER_LIMITS.listedLost);
  });

  test("lets no name steer the terminal", () => {
    const odd = workload(
      "x\u001b[2J",
      { ...LOSES, reaches: [{ name: "a\nb\u001b[2J", ports: [1] }] },
      { mesh: "m\u001b[2J" },
    );
    expect(text({ served: [odd] })).not.toContain("\u001b");
  });
});
