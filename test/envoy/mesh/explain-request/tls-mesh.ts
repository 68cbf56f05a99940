import { stringify } from "yaml";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Chance } from "../chaos/random.ts";
import { addressOfService, hostOfService, type NodePorts, PROTOCOLS } from "./both-ends-mesh.ts";
import { maybe, object, shopWith } from "./objects.ts";
import { hostOfNode } from "./random-mesh.ts";

/* Random TLS of listeners and of client policies. Certificates and authorities are named; `fileOf` says where one is. */

/** Certificates by name: who signed them, and whose they are. One is not there. */
export const CERTIFICATES: Readonly<
  Record<string, { readonly by: string; readonly names: readonly string[] } | undefined>
> = {
  n0: { by: "one", names: [hostOfNode(0)] },
  n1: { by: "one", names: [hostOfNode(1)] },
  any: { by: "one", names: ["*.shop.svc.cluster.local"] },
  spiffe: { by: "one", names: ["spiffe://shop/back"] },
  front: { by: "one", names: ["front.shop"] },
  stranger: { by: "two", names: [hostOfNode(0), "front.shop"] },
  missing: undefined,
};
/** Whose signatures the files of trust are good for. */
export const TRUSTED: Readonly<Record<string, readonly string[]>> = {
  one: ["one"],
  two: ["two"],
  both: ["one", "two"],
};
const NAMES = [
  hostOfNode(0),
  `${hostOfNode(1)}.`,
  "*.shop.svc.cluster.local",
  "spiffe://shop/back",
  "front.shop",
  "other.example",
];

export const SERVICES: readonly string[] = Array.from({ length: 14 }, (_, index) => `t${index}`);

/** Two nodes, each with the listeners of two groups of ports, and services that lead to one of them with policies of the caller's. */
export function tlsMesh(groups: readonly NodePorts[], fileOf: (name: string) => string, chance: Chance): string {
  const files = (name: string): JsonObject => ({
    file: { certificateChain: fileOf(`${name}.crt`), privateKey: fileOf(`${name}.key`) },
  });
  // several certificates, or none, cannot be used
  const certificate = (): JsonObject => (chance.below(12) === 0 ? {} : files(chance.pick(Object.keys(CERTIFICATES))));
  const validation = (): JsonObject => ({
    trust: { file: { certificateChain: fileOf(`${chance.pick(["one", "one", ...Object.keys(TRUSTED)])}.pem`) } },
    ...maybe(chance, 2, {
      subjectAlternativeNames: {
        match: { exact: [chance.pick(NAMES), ...(chance.below(2) === 0 ? [chance.pick(NAMES)] : [])] },
      },
    }),
  });
  const listenerTls = (node: number): JsonObject => ({
    mode: chance.pick(["STRICT", "STRICT", "PERMISSIVE", "DISABLED"]),
    certificate: chance.below(2) === 0 ? files(`n${node}`) : certificate(),
    ...maybe(chance, 3, { validation: validation() }),
  });
  const policy = (): JsonObject => ({
    ...maybe(chance, 3, { enforce: chance.below(2) === 0 }),
    ...maybe(chance, 3, { ports: groups.flatMap((ports) => Object.values(ports)).filter(() => chance.below(2) === 0) }),
    ...maybe(chance, 2, { certificate: chance.below(2) === 0 ? files("front") : certificate() }),
    validation: validation(),
  });
  const policies = SERVICES.map(() => (chance.below(5) === 0 ? undefined : policy()));
  const nodes = [groups.slice(0, 2), groups.slice(2)].map((own, index) =>
    object("VirtualNode", `n${index}`, {
      listeners: own.flatMap((ports) =>
        PROTOCOLS.map((protocol) => ({
          portMapping: { port: ports[protocol], protocol },
          ...(chance.below(4) > 0 && { tls: listenerTls(index) }),
        })),
      ),
      serviceDiscovery: { dns: { hostname: hostOfNode(index) } },
    }),
  );
  const front = object("VirtualNode", "front", {
    backends: SERVICES.map((name, index) => {
      const tls = policies[index];
      return { virtualService: { virtualServiceRef: { name }, ...(tls !== undefined && { clientPolicy: { tls } }) } };
    }),
  });
  const services = SERVICES.flatMap((name, index) => [
    object("VirtualService", name, {
      awsName: hostOfService(name),
      provider: { virtualNode: { virtualNodeRef: { name: `n${index % 2}` } } },
    }),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "shop" },
      spec: { clusterIP: addressOfService(index), ports: [{ port: 80 }] },
    },
  ]);
  return [...shopWith("DROP_ALL"), front, ...nodes, ...services].map((each) => stringify(each)).join("---\n");
}
