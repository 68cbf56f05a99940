import { expect, test } from "vitest";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { StoredReport } from "../../model/replica-report.ts";
import type { ReplicaTls, TlsMark } from "../../model/replica-tls.ts";
import { heldByOthers, ownTls, type Replicas } from "./tls-of-replicas.ts";

const [OWN, OTHER] = ["000000000000000a", "000000000000000b"];
const STEP = { chain: "00000000000000ff", index: 1, begun: 3 };
const HEARD: TlsMark = { process: OWN, begun: 3 };

/** What `other` says, whose pod is this too. */
function replicas(
  said: Partial<ReplicaTls> | undefined,
  { uid = "u2", pods = [{}] }: { readonly uid?: string; readonly pods?: readonly Partial<PodSummary>[] } = {},
): Replicas {
  const tls = said && {
    mark: { process: OTHER, begun: 7 },
    heard: new Map([["me", HEARD]]),
    held: new Map([[STEP.chain, 2]]),
    ...said,
  };
  const report = { pod: "other", uid, tls } as StoredReport;
  const all = [{ name: "me" }, ...pods.map((pod) => ({ name: "other", ...pod }))].map((pod) => ({
    uid: "u2",
    serviceAccountName: "outrigger-control-plane",
    containersReady: true,
    ...pod,
  })) as unknown as PodSummary[];
  return {
    pods: { list: () => all },
    reports: { get: (_, name) => (name === "outrigger-report-other" ? report : undefined) },
    identity: "me",
    process: OWN,
  };
}

test.each<[string, Parameters<typeof replicas>, boolean]>([
  ["have it", [{}], true],
  ["have a step before", [{ held: new Map([[STEP.chain, 1]]) }], false],
  ["have other steps", [{ held: new Map([["00000000000000ee", 2]]) }], false],
  ["had it before it was begun here", [{ heard: new Map([["me", { ...HEARD, begun: 2 }]]) }], false],
  ["had it before this process was", [{ heard: new Map([["me", { ...HEARD, process: OTHER }]]) }], false],
  ["have heard of others", [{ heard: new Map([["you", HEARD]]) }], false],
  ["have heard of a later one too", [{ heard: new Map([["me", { ...HEARD, begun: 4 }]]) }], true],
  ["say nothing of it", [undefined], false],
  ["said so as an earlier pod", [{}, { uid: "u1" }], false],
  ["are some of two", [{}, { pods: [{}, { name: "third" }] }], false],
  ["are not ready", [undefined, { pods: [{ containersReady: false }] }], true],
  ["are another part's", [undefined, { pods: [{ serviceAccountName: "somebody" }] }], true],
  ["are none", [undefined, { pods: [] }], true],
  ["are more than are read", [{}, { pods: Array(65).fill({}) }], false],
])("all others have a step, where they %s: %j", (_, given, expected) => {
  expect(heldByOthers(replicas(...given))(STEP)).toBe(expected);
});

test("what a replica says has what it has read of others that are ready", () => {
  const held = new Map([[STEP.chain, 1]]);
  expect(ownTls({ begun: 4, held }, replicas({}))).toEqual({
    mark: { process: OWN, begun: 4 },
    heard: new Map([["other", { process: OTHER, begun: 7 }]]),
    held,
  });
  for (const given of [replicas(undefined), replicas({}, { pods: [] }), replicas({}, { uid: "u1" })])
    expect(ownTls({ begun: 4, held }, given).heard.size).toBe(0);
});
