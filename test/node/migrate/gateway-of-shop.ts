import type { JsonObject } from "../../../src/model/json.ts";
import { APPMESH_API_VERSION } from "../../../src/model/kinds.ts";
import { deployed } from "../mesh/deployed.ts";

/*
 * What the example has not: a gateway whose pods are the user's own, and behind it a node that is found by Cloud Map alone and speaks
 * nothing but TLS with certificates of ACM.
 */

const NAMESPACE = "shop";
const ACM = "arn:aws:acm:us-west-2:111122223333:certificate/0b1f5d4e-8f2d-4c55-b1a6-6c5f2f3d9a10";
const CA = "arn:aws:acm-pca:us-west-2:111122223333:certificate-authority/6b0d7c36-0d6e-4f3b-9a0e-2f3f3d1c7a55";
/** Who asks the gateway. */
export const DOOR = `http://door.${NAMESPACE}.svc.cluster.local:8080`;
export const PRICE = "9.99";

/** The workloads; `image` stands for AWS's image of Envoy. */
export function gatewayWorkloads(image: string): readonly JsonObject[] {
  const page = `mkdir /tmp/www && echo ${PRICE} > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www`;
  return [
    service("prices", "prices"),
    deployment("prices", {
      name: "web",
      image: "busybox",
      command: ["sh", "-c", page],
      ports: [{ containerPort: 8080 }],
      readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 2 },
    }),
    service("door", "door"),
    deployment("door", { name: "envoy", image, ports: [{ containerPort: 8080 }] }),
  ];
}

/** The objects of App Mesh. */
export const GATEWAY_OBJECTS: readonly JsonObject[] = [
  object("VirtualNode", "prices", {
    podSelector: { matchLabels: { app: "prices" } },
    listeners: [
      {
        portMapping: { port: 8080, protocol: "http" },
        tls: { mode: "STRICT", certificate: { acm: { certificateARN: ACM } } },
      },
    ],
    serviceDiscovery: { awsCloudMap: { namespaceName: `${NAMESPACE}.local`, serviceName: "prices" } },
  }),
  object("VirtualService", "prices", {
    awsName: `prices.${NAMESPACE}.svc.cluster.local`,
    provider: { virtualNode: { virtualNodeRef: { name: "prices" } } },
  }),
  object("VirtualGateway", "door", {
    namespaceSelector: { matchLabels: { mesh: NAMESPACE } },
    podSelector: { matchLabels: { app: "door" } },
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    backendDefaults: {
      clientPolicy: { tls: { enforce: true, validation: { trust: { acm: { certificateAuthorityARNs: [CA] } } } } },
    },
  }),
  object("GatewayRoute", "prices", {
    httpRoute: {
      match: { prefix: "/" },
      action: { target: { virtualService: { virtualServiceRef: { name: "prices" } } } },
    },
  }),
];

function object(kind: string, name: string, spec: JsonObject): JsonObject {
  return { apiVersion: APPMESH_API_VERSION, kind, metadata: { name, namespace: NAMESPACE }, spec };
}

function service(name: string, app: string): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: NAMESPACE },
    spec: { selector: { app }, ports: [{ name: "http", port: 8080 }] },
  };
}

function deployment(name: string, container: JsonObject): JsonObject {
  return deployed({ name, namespace: NAMESPACE }, { app: name }, container);
}
