import { describe, expect, test } from "vitest";
import {
  aContainer,
  aNode,
  annotated,
  annotationOf,
  aPod,
  appmesh,
  injected,
  labelled,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import { type JsonObject, member, objectOf } from "../../model/json.ts";

const spec = (pod: JsonObject, key: string) => member(member(pod, "spec"), key);

describe("the pull secret", () => {
  const configuration = { proxy: { pullSecret: "pull" } };

  test("is added to those of the pod, once", () => {
    expect(spec(injected(aPod(), { configuration }).pod, "imagePullSecrets")).toEqual([{ name: "pull" }]);
    const own = aPod(withSpec({ imagePullSecrets: [{ name: "own" }] }));
    expect(spec(injected(own, { configuration }).pod, "imagePullSecrets")).toEqual([{ name: "own" }, { name: "pull" }]);
    const both = aPod(withSpec({ imagePullSecrets: [{ name: "pull" }, { name: "own" }] }));
    expect(spec(injected(both, { configuration }).pod, "imagePullSecrets")).toEqual([
      { name: "pull" },
      { name: "own" },
    ]);
  });

  test("is none where none is configured", () => {
    expect(spec(injected(aPod()).pod, "imagePullSecrets")).toBeUndefined();
  });
});

describe("fsGroup", () => {
  const configuration = { proxy: { fsGroup: 1337 } };

  test.each([
    { own: undefined, expected: { fsGroup: 1337 } },
    { own: null, expected: { fsGroup: 1337 } },
    { own: { runAsUser: 1 }, expected: { runAsUser: 1, fsGroup: 1337 } },
    { own: { fsGroup: null }, expected: { fsGroup: 1337 } },
    { own: { fsGroup: 0 }, expected: { fsGroup: 0 } },
    { own: { fsGroup: 42 }, expected: { fsGroup: 42 } },
  ])("with a security context of $own becomes $expected", ({ own, expected }) => {
    const pod = aPod(own === undefined ? (plain) => plain : withSpec({ securityContext: own }));
    expect(spec(injected(pod, { configuration }).pod, "securityContext")).toEqual(expected);
  });

  test("is nobody's business unless asked for", () => {
    expect(spec(injected(aPod()).pod, "securityContext")).toBeUndefined();
  });
});

describe("the Cloud Map readiness gate", () => {
  const GATE = { conditionType: "conditions.appmesh.k8s.aws/aws-cloudmap-healthy" };
  const gates = (cloudMap: boolean, cloudMapReadinessGate: boolean, readinessGates: readonly JsonObject[]) => {
    const surroundings = { virtualNodes: [aNode("cart", { cloudMap })], configuration: { cloudMapReadinessGate } };
    const pod = aPod(labelled({ app: "cart" }), withSpec({ readinessGates }));
    return spec(injected(pod, surroundings).pod, "readinessGates");
  };

  test("is added for nodes of Cloud Map, beside the pod's own, once", () => {
    const own = { conditionType: "own" };
    expect(gates(true, true, [own])).toEqual([own, GATE]);
    expect(gates(true, true, [GATE])).toEqual([GATE]);
    expect(gates(true, true, [own, GATE])).toEqual([own, GATE]);
  });

  test("is not added for other nodes, nor when it is not configured", () => {
    expect(gates(false, true, [])).toEqual([]);
    expect(gates(true, false, [])).toEqual([]);
  });
});

describe("kubectl's default container", () => {
  const key = "kubectl.kubernetes.io/default-container";

  test("is the first of the app's, unless the pod says another", () => {
    const two = aPod(withContainers(aContainer("web"), aContainer("other")));
    expect(annotationOf(injected(two).pod, key)).toBe("web");
    expect(annotationOf(injected(aPod(annotated({ [key]: "mine" }))).pod, key)).toBe("mine");
  });
});

describe("in CNI mode", () => {
  const prefix = "appmesh.k8s.aws/";

  test("the plugin's annotations say what is effective, and replace the pod's", () => {
    const pod = aPod(
      appmesh({
        appmeshCNI: "enabled",
        ports: "80, 80,8080",
        egressIgnoredIPs: "10.0.0.0/8, fd00::1",
        ignoredUID: "99",
      }),
    );
    const annotations = objectOf(member(member(injected(pod).pod, "metadata"), "annotations"));
    expect(annotations).toMatchObject({
      [`${prefix}sidecarInjectorWebhook`]: "enabled",
      [`${prefix}egressIgnoredIPs`]: "10.0.0.0/8,fd00::1",
      [`${prefix}egressIgnoredPorts`]: "22",
      [`${prefix}ignoredUID`]: "1337",
      [`${prefix}ports`]: "80,8080",
      [`${prefix}proxyEgressPort`]: "15001",
      [`${prefix}proxyIngressPort`]: "15000",
    });
  });

  test("without it none is written", () => {
    const annotations = objectOf(member(member(injected(aPod()).pod, "metadata"), "annotations"));
    expect(Object.keys(annotations).filter((name) => name.startsWith(prefix))).toEqual([]);
  });
});
