import { describe, expect, test } from "vitest";
import {
  aContainer,
  annotated,
  aPod,
  appmesh,
  injected,
  withContainers,
  withMetadata,
  withSpec,
} from "../../../test/pods.ts";
import { type JsonObject, objectOf } from "../../model/json.ts";
import { misreadInObject, misreadInPod } from "./scalars.ts";

const container = (members: JsonObject) => aPod(withContainers(aContainer("web", members)));

describe("a pod is denied, with the place and what helps, for", () => {
  test.each<[JsonObject, string]>([
    [aPod(withMetadata({ name: false })), "metadata.name is the boolean false, expected text: write it in quotes"],
    [aPod(withMetadata({ name: 1 })), "metadata.name is the number 1, expected text"],
    [aPod(withMetadata({ generateName: true })), "metadata.generateName is the boolean true"],
    [aPod(withMetadata({ namespace: 7 })), "metadata.namespace is the number 7"],
    [aPod(withMetadata({ labels: { app: "web", version: 1.5 } })), "metadata.labels.version is the number 1.5"],
    [
      aPod(annotated({ "prometheus.io/scrape": true })),
      "metadata.annotations.prometheus.io/scrape is the boolean true",
    ],
    [aPod(withMetadata({ ownerReferences: [{ name: 3 }] })), "metadata.ownerReferences[0].name is the number 3"],
    [
      aPod(withMetadata({ ownerReferences: [{ controller: "yes" }] })),
      'controller is the text "yes", expected a boolean',
    ],
    [
      aPod(withSpec({ hostNetwork: "true" })),
      'spec.hostNetwork is the text "true", expected a boolean: write it without',
    ],
    [aPod(withSpec({ nodeSelector: { "kubernetes.io/os": 1 } })), "spec.nodeSelector.kubernetes.io/os is the number 1"],
    [aPod(withSpec({ os: { name: false } })), "spec.os.name is the boolean false"],
    [aPod(withSpec({ terminationGracePeriodSeconds: "30" })), "spec.terminationGracePeriodSeconds is the text"],
    [aPod(withSpec({ securityContext: { runAsUser: "0" } })), "spec.securityContext.runAsUser is the text"],
    [aPod(withSpec({ initContainers: [{ name: true }] })), "spec.initContainers[0].name is the boolean true"],
    [aPod(withSpec({ volumes: [{ name: 1 }] })), "spec.volumes[0].name is the number 1"],
    [container({ name: false }), "spec.containers[0].name is the boolean false"],
    [container({ image: 1.25 }), "spec.containers[0].image is the number 1.25"],
    [container({ restartPolicy: false }), "restartPolicy is the boolean false"],
    [container({ ports: [{ containerPort: "80" }] }), 'spec.containers[0].ports[0].containerPort is the text "80"'],
    [container({ ports: [{ name: 80 }] }), "spec.containers[0].ports[0].name is the number 80"],
    [container({ ports: [{ protocol: 6 }] }), "protocol is the number 6"],
    [container({ securityContext: { runAsUser: true } }), "runAsUser is the boolean true, expected a number"],
    [
      container({ livenessProbe: { httpGet: { port: true } } }),
      "httpGet.port is the boolean true, expected a number or",
    ],
    [container({ readinessProbe: { grpc: { port: "80" } } }), "readinessProbe.grpc.port is the text"],
    [container({ startupProbe: { timeoutSeconds: "1" } }), "startupProbe.timeoutSeconds is the text"],
  ])("%#", (pod, problem) => {
    expect(misreadInPod(pod)).toContain(problem);
    const { result } = injected(pod);
    expect(result).toMatchObject({ outcome: "deny", reason: "bad-pod", patch: [] });
    expect(result.message).toContain(problem);
    expect(result.message).toMatch(/the API server would refuse this pod$/);
  });
});

describe("nothing is wrong with", () => {
  test.each<[string, JsonObject]>([
    ["a plain pod", aPod()],
    ["null, which is nothing", aPod(withMetadata({ name: null, labels: { app: null } }), withSpec({ volumes: null }))],
    [
      "a port by number and by name",
      container({ livenessProbe: { httpGet: { port: "web" }, tcpSocket: { port: 80 } } }),
    ],
    ["what nobody reads", aPod(withSpec({ priority: "high" }))],
    ["an annotation of ours, of which its own rule says more", aPod(appmesh({ ports: 80 }))],
    ["objects and lists in wrong places, of which other rules say more", aPod(withMetadata({ name: {}, labels: [] }))],
    ["nothing at all", {}],
  ])("%s", (_name, pod) => {
    expect(misreadInPod(pod)).toBeUndefined();
  });
});

describe("of other objects", () => {
  const node = (spec: JsonObject): JsonObject => ({ apiVersion: "appmesh.k8s.aws/v1beta2", kind: "VirtualNode", spec });
  test.each<[JsonObject, string | undefined]>([
    [{ kind: "Deployment", metadata: { name: false } }, "metadata.name is the boolean false"],
    [{ kind: "Deployment", metadata: { name: "off" }, spec: { template: { metadata: { name: 1 } } } }, undefined],
    [{ kind: "Namespace", metadata: { labels: { team: 7 } } }, "metadata.labels.team is the number 7"],
    [node({ awsName: 1.5 }), "spec.awsName is the number 1.5"],
    [
      node({ podSelector: { matchLabels: { version: 1.5 } } }),
      "spec.podSelector.matchLabels.version is the number 1.5",
    ],
    [
      node({ podSelector: { matchExpressions: [{ key: "a", operator: "In", values: ["x", true] }] } }),
      "matchExpressions[0].values[1] is the boolean true",
    ],
    [node({ meshRef: { name: true } }), "spec.meshRef.name is the boolean true"],
    [node({ listeners: [{ portMapping: { port: "80" } }] }), 'portMapping.port is the text "80"'],
    [{ ...node({ awsName: 1 }), apiVersion: "example.com/v1" }, undefined],
  ])("%j: %s", (json, problem) => {
    if (problem === undefined) expect(misreadInObject(json)).toBeUndefined();
    else expect(misreadInObject(json)).toContain(problem);
  });
});

test("an owner without a name gives its pods no name", () => {
  const owner = { kind: "known", owner: { apiVersion: "apps/v1", kind: "Deployment", name: "", uid: "" } } as const;
  const { result } = injected(aPod(), { owner });
  expect(result).toMatchObject({ outcome: "deny", reason: "bad-pod" });
  expect(result.message).toContain("neither the pod nor its owner has a name");
  expect(objectOf(injected(aPod(appmesh({ virtualNode: "web" })), { owner }).pod.metadata)).toHaveProperty(
    "annotations",
  );
});
