import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aContainer,
  aNode,
  aPod,
  appmesh,
  containerOf,
  envOf,
  injected,
  labelled,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import { type JsonObject, member } from "../../model/json.ts";
import { INJECT_KEY } from "../../model/names.ts";

const KEY = "openshift.io/sa.scc.uid-range";
const as = (runAsUser: number): JsonObject => ({ securityContext: { runAsUser } });
const demanding = (range: string) => ({ labels: { [INJECT_KEY]: "enabled" }, annotations: { [KEY]: range } });

function uidIn(range: string, pod: JsonObject = aPod(), configuration: ConfigurationInput = {}) {
  const { pod: made, result } = injected(pod, { namespace: demanding(range), configuration });
  const context = member(containerOf(made, "envoy"), "securityContext");
  expect(member(context, "runAsGroup")).toBe(member(context, "runAsUser"));
  return { uid: member(context, "runAsUser"), warnings: result.warnings.join("\n"), made };
}

describe("in a namespace that demands a range of UIDs, the sidecar runs as", () => {
  test("the first that no container has; containers that name none will get the very first", () => {
    expect(uidIn("1000650000/10000").uid).toBe(1_000_650_001);
  });

  test("the very first where every container names another", () => {
    expect(uidIn("2000/10", aPod(withContainers(aContainer("a", as(2003))))).uid).toBe(2000);
  });

  test("the next where containers, init containers or the pod itself have the first ones", () => {
    const containers = withContainers(aContainer("a", as(2000)), aContainer("b", as(2001)));
    expect(uidIn("2000/10", aPod(containers, withSpec({ initContainers: [aContainer("i", as(2002))] }))).uid).toBe(
      2003,
    );
    expect(uidIn("2000/10", aPod(withSpec(as(2000)))).uid).toBe(2001);
  });

  test("the configured one where the range has it, and no container does", () => {
    expect(uidIn("1000-2000").uid).toBe(1337);
    expect(uidIn("1000-2000", aPod(), { proxy: { uid: 1500 } }).uid).toBe(1500);
    expect(uidIn("1000-2000", aPod(withContainers(aContainer("a", as(1337))))).uid).toBe(1000);
  });

  test("what the capture leaves alone, in both modes, and the X-Ray daemon too", () => {
    const configuration: ConfigurationInput = { tracing: { provider: "xray" } };
    const { made } = uidIn("2000/10", aPod(), configuration);
    expect(envOf(containerOf(made, "proxyinit"))["APPMESH_IGNORE_UID"]).toBe("2001");
    expect(member(member(containerOf(made, "xray-daemon"), "securityContext"), "runAsUser")).toBe(2001);
    const cni = uidIn("2000/10", aPod(appmesh({ appmeshCNI: "enabled" }))).made;
    expect(member(member(member(cni, "metadata"), "annotations"), "appmesh.k8s.aws/ignoredUID")).toBe("2001");
  });
});

describe("the configured UID stays, with a warning, where", () => {
  test.each([
    "",
    "many",
    "1000",
    "1000/0",
    "2000-1999",
    "0/10",
    "-5",
    "2147483647/2",
    "99999999999/1",
    "1000/10,2000/10",
  ])("the range is %j", (range) => {
    const { uid, warnings } = uidIn(range);
    expect(uid).toBe(1337);
    expect(warnings).toContain(`malformed annotation ${KEY}: expected FIRST/SIZE or FIRST-LAST`);
  });

  test("the pod's containers have the whole range", () => {
    const { uid, warnings } = uidIn("2000/2", aPod(withContainers(aContainer("a", as(2001)), aContainer("b"))));
    expect(uid).toBe(1337);
    expect(warnings).toContain("demands UIDs 2000 to 2001, and the pod's own containers have them all");
  });
});

describe("a warning comes", () => {
  const refused = "demands UIDs 2000 to 2009, but proxyinit runs as UID 0: use the CNI plugin";

  test("where the range leaves no room for proxyinit, which runs as root; not in CNI mode", () => {
    expect(uidIn("2000/10").warnings).toContain(refused);
    expect(uidIn("2000/10", aPod(appmesh({ appmeshCNI: "enabled" }))).warnings).not.toContain("proxyinit");
  });

  test("where the pod has a user namespace, and that has no such user", () => {
    const isolated = withSpec({ hostUsers: false });
    const { uid, warnings } = uidIn("1000650000/10000", aPod(isolated));
    expect(uid).toBe(1_000_650_001);
    expect(warnings).toContain("spec.hostUsers is false and a user namespace has only those below 65536");
    const { result } = injected(aPod(isolated), { configuration: { proxy: { uid: 65_536 } } });
    expect(result.warnings.join()).toContain("the sidecar would run as UID 65536");
  });

  test.each([
    ["the user namespace has the user", withSpec({ hostUsers: false }), "65535-70000"],
    ["the pod has none", withSpec({ hostUsers: true }), "1000650000/10000"],
  ])("not where %s", (_what, change, range) => {
    const other = withContainers(aContainer("a", as(40)));
    expect(uidIn(range, aPod(other, change)).warnings).not.toContain("hostUsers");
  });
});

test("whatever the range and the pod's users are, the sidecar's is in the range and nobody else's, or the range is full", () => {
  const fewUids = fc.integer({ min: 1330, max: 1345 });
  const users = fc.array(fc.option(fewUids, { nil: undefined }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fewUids, fc.integer({ min: 1, max: 8 }), users, (first, size, ofContainers) => {
      const containers = ofContainers.map((user, index) => aContainer(`c${index}`, user === undefined ? {} : as(user)));
      const { uid, warnings } = uidIn(`${first}/${size}`, aPod(withContainers(...containers)));
      const taken = new Set(ofContainers.map((user) => user ?? first));
      const range = Array.from({ length: size }, (_, index) => first + index);
      if (range.every((one) => taken.has(one))) {
        expect(uid).toBe(1337);
        expect(warnings).toContain("have them all");
      } else {
        expect(range).toContain(uid);
        expect(taken).not.toContain(uid);
      }
    }),
    { numRuns: 200 },
  );
});

test("a gateway's container keeps the user that it has", () => {
  const pod = aPod(labelled({ app: "edge" }), withContainers(aContainer("envoy", as(2005))));
  const { pod: made } = injected(pod, { namespace: demanding("2000/10"), virtualGateways: [aNode("edge")] });
  expect(member(member(containerOf(made, "envoy"), "securityContext"), "runAsUser")).toBe(2005);
});
