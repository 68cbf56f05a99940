import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type JsonObject, member, objectOf, stringOf } from "../../src/model/json.ts";
import { eventsOn, outrigger } from "./installation.ts";
import { apply, kubectl, outcomeOf } from "./kubectl.ts";
import { killContainer } from "./resilience/kill-container.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { injectedByHand } from "./sidecar/injected-by-hand.ts";
import { installed } from "./sidecar/installed.ts";

/*
 * A sidecar starts whatever its pod's DNS is, for it asks the cluster's for the control plane. Addresses of 192.0.2.0/24 answer to
 * nobody (RFC 5737).
 */

const MESH = new TestNamespace("pod-dns");
const PREPARE_MS = 300_000;
const CONTROL_PLANE = "outrigger.appmesh-system.svc";

const PODS: Readonly<Record<string, object>> = {
  "of-the-node": { dnsPolicy: "Default" },
  "that-answers-nobody": { dnsPolicy: "None", dnsConfig: { nameservers: ["192.0.2.1"] } },
  "with-other-domains": {
    dnsPolicy: "None",
    dnsConfig: {
      nameservers: ["10.97.0.10"],
      searches: ["example.com"],
      options: [{ name: "ndots", value: "1" }, { name: "use-vc" }],
    },
  },
  "for-host-networks": { dnsPolicy: "ClusterFirstWithHostNet" },
  "with-many-dots": { dnsConfig: { options: [{ name: "ndots", value: "15" }] } },
  "with-an-alias": { hostAliases: [{ ip: "192.0.2.2", hostnames: [CONTROL_PLANE, `${CONTROL_PLANE}.cluster.local`] }] },
};

beforeAll(async () => {
  await Promise.all([installed(), MESH.create()]);
  await apply(...Object.entries(PODS).map(([name, spec]) => MESH.pod(name, { spec })));
}, PREPARE_MS);

afterAll(() => MESH.delete());

test.each(Object.keys(PODS))(
  "with a DNS %s the sidecar starts",
  async (name) => {
    await MESH.ready(name);
  },
  300_000,
);

test("a sidecar that does not find the control plane is named, with the reason, by an event, by check and by status", async () => {
  const trust = await kubectl(
    "get",
    "configmap/outrigger-trust",
    "-n",
    "appmesh-system",
    "-o=jsonpath={.data.trust\\.pem}",
  );
  await apply(await injectedByHand(MESH.pod("lost"), trust, "--proxy-control-plane-address", "192.0.2.1"));
  const why = "Envoy runs but has no configuration, since it has not reached the control plane or was refused by it";
  await vi.waitFor(
    async () =>
      expect(await eventsOn(MESH.name, "Pod", "lost")).toContainEqual(
        `SidecarNotReady: the sidecar of pod "lost" is not ready: ${why}. kubectl logs lost -c envoy -n ${MESH.name} says more`,
      ),
    { timeout: 180_000, interval: 2000 },
  );
  const main = join(import.meta.dirname, "../../src/cli/main.ts");
  const check = await outcomeOf(process.execPath, [main, "check", "-n", MESH.name]);
  expect(check.stdout).toContain(`the sidecar of 1 pod of Pod lost in namespace ${MESH.name} is not ready: ${why}`);
  expect(check.code).toBe(1);
  expect(await outrigger("status", "-n", MESH.name)).toContain(`1 sidecar not ready: ${why}`);
  await MESH.kubectl("delete", "pod", "lost");
}, 300_000);

test("after the control plane's Service got another address, running sidecars find it again, and new ones too", async () => {
  const service = ["--namespace", "appmesh-system", "service", "outrigger"];
  const former = JSON.parse(await kubectl("get", ...service, "--output=json")) as JsonObject;
  const { clusterIP, clusterIPs: _, ...spec } = objectOf(member(former, "spec"));
  const metadata = objectOf(member(former, "metadata"));
  const again = {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: metadata["name"],
      namespace: metadata["namespace"],
      labels: metadata["labels"],
      annotations: metadata["annotations"],
    },
    spec: { ...spec, clusterIP: anotherAddress(stringOf(clusterIP) ?? "") },
  };
  await kubectl("delete", ...service);
  await apply(again);
  expect(await kubectl("get", ...service, "--output=jsonpath={.spec.clusterIP}")).not.toBe(clusterIP);
  const restarted = ["of-the-node", "that-answers-nobody", "for-host-networks"];
  // an Envoy that starts again has nothing: it waits for the control plane
  for (const name of restarted) await killContainer(MESH.name, name, "envoy");
  for (const name of restarted) {
    await MESH.kubectl(
      "wait",
      '--for=jsonpath={.status.initContainerStatuses[?(@.name=="envoy")].restartCount}=1',
      `pod/${name}`,
      "--timeout=150s",
    );
  }
  await MESH.ready(...restarted);
  await apply(MESH.pod("afterwards", { spec: { dnsPolicy: "Default" } }));
  await MESH.ready("afterwards");
}, 300_000);

/** Of the same range, which nobody has by chance: addresses are given at random, out of 65,536. */
function anotherAddress(address: string): string {
  const bytes = address.split(".").map(Number);
  const last = bytes.pop() ?? 0;
  return [...bytes, last < 200 ? last + 37 : last - 37].join(".");
}
