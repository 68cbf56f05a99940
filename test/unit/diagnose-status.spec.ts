import { describe, expect, test } from "vitest";
import type { StatusFacts } from "../../src/diagnose/facts/status-facts.ts";
import { type StreamState, type StreamsFacts, streamsIn } from "../../src/diagnose/facts/streams.ts";
import { verdictOf } from "../../src/diagnose/facts/verdict.ts";
import { workloadStatuses } from "../../src/diagnose/facts/workload-status.ts";
import { statusReport, statusText } from "../../src/diagnose/report/status.ts";
import { enabled, NOW, podState, streamState } from "./diagnose-facts.ts";

const REGISTERED = "2026-11-20T08:00:00Z";
const plain = (_: string, text: string): string => text;
const SERVED = { setting: { kind: "read", value: "serve" }, meshes: [], annotated: [], unread: "" } as const;
const NONE = { kind: "none" } as const;

function streams(...all: StreamState[]): StreamsFacts {
  return {
    replicas: [{ name: "outrigger-control-plane-1", streams: all.length, problem: "" }],
    streams: all,
    problem: "",
  };
}

function facts(
  pods: readonly ReturnType<typeof podState>[],
  connected: StreamsFacts,
  notes: readonly string[] = [],
): StatusFacts {
  const namespaces = [{ namespace: enabled("shop"), pods }];
  return {
    workloads: workloadStatuses(namespaces, connected, REGISTERED),
    streams: connected,
    meshModes: SERVED,
    notes,
  };
}

const text = (given: StatusFacts): string => statusText(statusReport(given, "0.1.0", NOW), plain);

describe("the mesh", () => {
  const annotated = [
    { object: "Mesh main", mode: "observe" },
    { object: "Namespace shop", mode: "serve" },
  ] as const;
  const none = facts([], streams());

  const observed = "the mesh is observed, all traffic passes through; served: Namespace shop";

  test.each([
    ["serve", ["Mesh main"], observed],
    ["observe", ["Mesh main"], observed],
    ["serve", ["Mesh main", "Mesh other"], "the mesh is served; observed: Mesh main; served: Namespace shop"],
    ["observe", ["Mesh main", "Mesh other"], observed],
  ] as const)("with the setting %s and %j is said with who differs", (value, meshes, says) => {
    const meshModes = { setting: { kind: "read", value }, meshes, annotated, unread: "" } as const;
    expect(text({ ...none, meshModes })).toContain(`${says}\n`);
  });

  test("that every Mesh overrules the setting in is what the Meshes are", () => {
    const [main] = annotated;
    const both = [main, { object: "Mesh other", mode: "observe" }] as const;
    const meshModes = { ...SERVED, meshes: ["Mesh main", "Mesh other"], annotated: both };
    expect(text({ ...none, meshModes })).toContain("the mesh is observed, all traffic passes through\n");
  });

  test("of somebody who may not read annotations is the setting's, and is said to be", () => {
    const unread = "you are not allowed to list meshes";
    const known = [{ object: "Namespace shop", mode: "observe" }] as const;
    expect(text({ ...none, meshModes: { ...SERVED, annotated: known, unread } })).toContain(
      "the mesh is served by the setting controlPlane.mesh; what annotations say otherwise is not known: you are not allowed to list meshes; observed: Namespace shop\n",
    );
  });

  test("nothing is said of one that is not known, and JSON has null", () => {
    const unknown = { ...none, meshModes: { ...SERVED, setting: { kind: "absent" }, annotated } } as const;
    expect(text(unknown)).not.toContain("the mesh");
    expect(statusReport(unknown, "0.2.0", NOW).mesh).toEqual({ setting: null, annotated, text: "" });
  });
});

describe("status as text", () => {
  test("says which limits were reached, summed up over the pods of a workload", () => {
    const overflow = { counter: "cluster_upstream_cx_overflow", of: "cds_ingress_m_n_tcp_80", count: 3 };
    const connected = streams(streamState("web-1"), streamState("web-2"), streamState("web-3"));
    const namespaces = [
      { namespace: enabled("shop"), pods: ["web-1", "web-2", "web-3"].map((name) => podState(name)) },
    ];
    const reached = new Map([
      ["uid-of-web-1", { overflows: [overflow], failures: [] }],
      ["uid-of-web-2", { overflows: [overflow, { counter: "server_overflow", of: "", count: 1 }], failures: [] }],
    ]);
    const workloads = workloadStatuses(namespaces, connected, REGISTERED, reached);
    const said = text({ workloads, streams: connected, meshModes: SERVED, notes: [] });
    expect(said).toContain(
      "  * a limit was reached, 6 refusals (cluster_upstream_cx_overflow of cds_ingress_m_n_tcp_80) in web-1, web-2\n",
    );
    expect(said).toContain("  * a limit was reached, 1 refusal (server_overflow) in web-2\n");
  });

  test("says once that pods are served as a node that came after them, and not that they call themselves something else", () => {
    const older = { agrees: false, claimed: "mesh/m/virtualNode/shop-web" };
    const newName = "mesh/m/virtualNode/web_shop";
    const pods = ["web-1", "web-2"].map((name) => podState(name, { newName }));
    const said = text(facts(pods, streams(streamState("web-1", older), streamState("web-2", older))));
    expect(said).toContain(
      "  * 2 pods served as mesh/m/virtualNode/web_shop, injected as mesh/m/virtualNode/shop-web: nothing to do; traces and statistics have the older name until the pod is created again\n",
    );
    expect(said).not.toContain("calls itself");
    expect(said).not.toContain("drifted");
  });

  test("names sidecars that do not get ready, with the reason, once for a workload", () => {
    const unready = "Envoy runs but has no configuration";
    const given = facts([podState("web-1"), podState("web-2", { unready }), podState("web-3", { unready })], streams());
    expect(text(given)).toContain(
      "  * 2 sidecars not ready: Envoy runs but has no configuration; kubectl logs web-2 -c envoy -n shop says more\n",
    );
  });

  const nobody = (by: "annotation" | "owner", name: string, near: readonly string[] = []) =>
    ({ node: { kind: "nobody", by, name, near } }) as const;

  test("names no node for pods that are none, whatever their sidecar calls itself", () => {
    const pods = [podState("web-1", nobody("owner", "shop-web")), podState("web-2", nobody("owner", "shop-web"))];
    const said = text(facts(pods, streams(streamState("web-1"), streamState("web-2"))));
    expect(said).toMatch(/Deployment\/web +2 +2 +2 +0\.1\.0 +-$/m);
    expect(said).toContain(
      "  * 2 pods are no node of the mesh, traffic passes through: no VirtualNode selects the pod or is called shop-web\n",
    );
  });

  test("says who all but selects pods that are no node", () => {
    const near = "VirtualNode shop/web does not select this pod: it wants app=web, and the labels have app=Web";
    const given = facts([podState("web-1", nobody("owner", "shop-web", [near]))], streams(streamState("web-1")));
    expect(text(given)).toContain(`no VirtualNode selects the pod or is called shop-web; ${near}\n`);
  });

  test("says that an annotation names nobody, which somebody meant otherwise", () => {
    const painted: string[] = [];
    const given = facts([podState("web-1", nobody("annotation", "wbe"))], streams(streamState("web-1")));
    statusText(statusReport(given, "0.1.0", NOW), (color, it) => {
      painted.push(color);
      return it;
    });
    expect(painted).toContain("yellow");
    expect(text(given)).toContain("the annotation names wbe, which is not there\n");
  });

  test("shows what the stream says where nobody could read the nodes", () => {
    const given = facts(
      [podState("web-1", { node: { kind: "unknown", why: "you are not allowed to list meshes" } })],
      streams(streamState("web-1")),
    );
    expect(text(given)).toMatch(/ mesh\/m\/virtualNode\/shop-web$/m);
  });

  test("says what a sidecar that is not ready has yet to acknowledge", () => {
    const unready = "Envoy runs but has no configuration";
    const types = { cluster: { waiting: true }, listener: { waiting: false }, route: {} };
    const given = facts([podState("web-1", { unready })], streams(streamState("web-1", { types })));
    expect(text(given)).toContain(
      "not ready: Envoy runs but has no configuration; connected, and has yet to acknowledge: cluster (a name that DNS does not answer holds up all clusters);",
    );
  });

  describe("of a sidecar that should have acknowledged something by now", () => {
    const behind = (type: string, second: number) => ({ behind: { type, since: `2026-11-22T11:59:${second}.000Z` } });
    const of = (...names: string[]) => names.map((name) => podState(name));

    test("says which, what, since when and what helps, those for longest first and few of many", () => {
      const late = ["a", "b", "c", "d", "e"].map((name, index) => streamState(name, behind("cluster", 50 - index)));
      const said = text(facts(of("a", "b", "c", "d", "e", "f"), streams(...late, streamState("f"))));
      expect(said).toContain(
        "  * 5 sidecars behind the newest version of their configuration: shop/e (cluster, for 14 s), shop/d (cluster, for 13 s), shop/c (cluster, for 12 s) and 2 more\n    hint: outrigger proxy e -n shop shows what its Envoy lacks (a name that DNS does not answer holds up all clusters);",
      );
      expect(said).toContain("kubectl delete pod e -n shop\n");
    });

    test("speaks of names in DNS for clusters only", () => {
      const said = text(facts(of("a"), streams(streamState("a", behind("listener", 10)))));
      expect(said).toContain("1 sidecar behind the newest version of its configuration: shop/a (listener, for 50 s)\n");
      expect(said).not.toContain("DNS");
    });

    test("says nothing of others, and of one that is not ready only why it is not", () => {
      const unready = podState("b", { unready: "Envoy runs but has no configuration" });
      const given = facts([...of("a"), unready], streams(streamState("a"), streamState("b", behind("cluster", 10))));
      expect(text(given)).not.toContain("behind");
      expect(statusReport(given, "0.1.0", NOW).workloads[0]?.pods[1]?.stream).toMatchObject({
        behind: { type: "cluster" },
      });
    });

    test("says no time that has not come, where the control plane's clock is ahead", () => {
      const ahead = { behind: { type: "cluster", since: "2026-11-22T12:00:40.000Z" } };
      expect(text(facts(of("a"), streams(streamState("a", ahead))))).toContain("shop/a (cluster, for 0 s)");
    });

    test("believes what a replica says only where it is a time", () => {
      const read = (since: unknown) => streamsIn(JSON.stringify([{ behind: { type: "cluster", since } }]), "r")?.[0];
      expect(read("2026-11-22T12:00:00Z")?.behind).toEqual({ type: "cluster", since: "2026-11-22T12:00:00Z" });
      for (const since of ["soon", 5, null]) expect(read(since)?.behind).toBeNull();
    });
  });

  test("shows every way in which pods stand", async () => {
    const skipped = {
      outcome: "skip",
      reason: "host-network",
      message: "spec.hostNetwork is true: such a pod cannot have a sidecar",
    } as const;
    const denied = { outcome: "deny", reason: "no-mesh", message: "no mesh for this pod" } as const;
    const workload = (kind: string, name: string) => ({ workload: { kind, name } });
    const given = facts(
      [
        podState("web-1"),
        podState("web-2"),
        podState("old-1", {
          ...workload("Deployment", "old"),
          drift: ["put in by Outrigger 0.0.9, now 0.1.0", "made by configuration a, now b"],
        }),
        podState("agent-1", { ...workload("DaemonSet", "agent"), sidecar: NONE, now: skipped }),
        podState("gone-1", { ...workload("StatefulSet", "gone"), sidecar: NONE }),
        podState("gone-2", { ...workload("StatefulSet", "gone"), sidecar: NONE }),
        podState("early", { ...workload("Pod", "early"), sidecar: NONE, created: "2026-11-19T00:00:00Z" }),
        podState("bad-1", { ...workload("Job", "bad"), sidecar: NONE, now: denied }),
        podState("aws-1", {
          ...workload("Deployment", "aws"),
          sidecar: { kind: "aws", image: "aws-appmesh-envoy:v1" },
          now: denied,
        }),
        podState("cut-1", {
          ...workload("Deployment", "cut"),
          sidecar: {
            kind: "unfit",
            problem: "annotation outrigger.dev/injected lists /spec/x, which the pod does not have",
          },
        }),
      ],
      streams(streamState("web-1"), streamState("old-1", { agrees: false, claimed: "mesh/m/virtualNode/other" })),
      ["pod outrigger-control-plane-2 of the control plane: list of streams could not be read: no answer"],
    );
    await expect(text(given)).toMatchFileSnapshot("golden/status.txt");
  });

  test("says that there is nothing", () => {
    expect(text(facts([], streams()))).toBe("no running pods were seen in labelled namespaces\n\nthe mesh is served\n");
  });

  test("does not call a proxy unconnected where not everybody could be asked", () => {
    const unasked = { replicas: [], streams: [], problem: "there is no Deployment outrigger-control-plane" };
    const shown = text(facts([podState("web-1")], unasked));
    expect(shown).not.toContain("not connected");
    expect(shown).toMatch(/Deployment\/web +1 +1 +\? /);
  });

  test("says what a proxy refused, in the proxy's words and on one line", () => {
    const types = { listener: { accepted: "1", rejected: "2", problem: "no such filter\n\u001b[31m", waiting: false } };
    expect(text(facts([podState("web-1")], streams(streamState("web-1", { types }))))).toContain(
      "pod web-1 refused listener: no such filter [31m\n",
    );
  });

  test("says when a connected pod is no node", () => {
    const lost = streamState("web-1", { resolved: undefined, unresolved: "two VirtualNodes select it", agrees: false });
    expect(text(facts([podState("web-1")], streams(lost)))).toContain(
      "is connected, but is no node: two VirtualNodes select it",
    );
  });
});

describe("the streams of several replicas", () => {
  test("count once for each pod, the youngest of them", () => {
    const older = streamState("web-1", { since: "2026-11-22T10:00:00Z", replica: "a" });
    const younger = streamState("web-1", { since: "2026-11-22T11:30:00Z", replica: "b" });
    const [workload] = facts([podState("web-1")], streams(younger, older)).workloads;
    expect(workload?.pods[0]?.stream).toMatchObject({ replica: "b" });
  });

  test("are matched by the pod's UID and not by its name", () => {
    const former = { ...streamState("web-1"), pod: { namespace: "shop", name: "web-1", uid: "another" } };
    expect(facts([podState("web-1")], streams(former)).workloads[0]?.pods[0]?.stream).toBe("none");
  });

  test("are read from a list or an object with one, whatever else is in it", () => {
    const one = { pod: { namespace: "shop", name: "a", uid: "u" }, claimed: "x", agrees: true, unheard: 1 };
    expect(streamsIn(JSON.stringify({ streams: [one] }), "r")).toEqual(streamsIn(JSON.stringify([one]), "r"));
    expect(streamsIn(JSON.stringify([one]), "r")?.[0]).toMatchObject({ claimed: "x", resolved: undefined, types: {} });
  });

  test.each(["", "not json", "{}", '{"streams":{}}', "null"])("are not guessed out of %j", (answer) => {
    expect(streamsIn(answer, "r")).toBeUndefined();
  });
});

describe("the verdict on a pod without a sidecar", () => {
  const bare = podState("web-1", { sidecar: NONE });
  test("is created-before when it is older than registration or label, or nothing is registered", () => {
    expect(verdictOf(bare, enabled("shop"), "2026-11-22T11:30:00Z")).toBe("created-before");
    expect(verdictOf({ ...bare, created: "2026-11-20T08:30:00Z" }, enabled("shop"), REGISTERED)).toBe("created-before");
    expect(verdictOf(bare, enabled("shop"), "")).toBe("created-before");
  });
  test("is not known where the registration could not be read, unless the label came later or it is to have none", () => {
    expect(verdictOf(bare, enabled("shop"), undefined)).toBe("unknown");
    expect(verdictOf({ ...bare, created: "2026-11-20T08:30:00Z" }, enabled("shop"), undefined)).toBe("created-before");
    const now = { outcome: "skip", reason: "opted-out", message: "" } as const;
    expect(verdictOf({ ...bare, now }, enabled("shop"), undefined)).toBe("skipped");
    const unknown = { ...bare, now: { outcome: "unknown", reason: "unread", message: "" } } as const;
    expect(verdictOf(unknown, enabled("shop"), REGISTERED)).toBe("slipped-through");
    const namespaces = [{ namespace: enabled("shop"), pods: [unknown] }];
    const workloads = workloadStatuses(namespaces, streams(), undefined);
    expect(text({ workloads, streams: streams(), meshModes: SERVED, notes: [] })).toContain(
      "1 pod without a sidecar; whether injection was on when it was created is not known (created now: not known)\n",
    );
  });
  test("is slipped-through when it is as old as both, or younger", () => {
    expect(verdictOf(bare, enabled("shop"), REGISTERED)).toBe("slipped-through");
    expect(verdictOf({ ...bare, created: "2026-11-20T09:00:00Z" }, enabled("shop"), REGISTERED)).toBe(
      "slipped-through",
    );
  });
});

describe("status as JSON", () => {
  test("has a format, a summary of every verdict, and the streams", () => {
    const report = statusReport(
      facts([podState("web-1"), podState("web-2", { drift: ["x"] })], streams(streamState("web-1"))),
      "0.1.0",
      NOW,
    );
    expect(report).toMatchObject({ format: 1, release: "0.1.0", time: "2026-11-22T12:00:00.000Z" });
    expect(report.summary).toMatchObject({ injected: 1, drifted: 1, "slipped-through": 0 });
    expect(report.controlPlane.streams[0]?.resolved).toEqual({ mesh: "m", kind: "virtualNode", name: "shop-web" });
  });
});
