import { DNS_SERVICE_IP, NODE_IP } from "./addresses.ts";

const dnsPorts = [
  { name: "dns", protocol: "UDP", port: 53 },
  { name: "dns-tcp", protocol: "TCP", port: 53 },
] as const;

/**
 * What makes CoreDNS, a program on the node and not a pod, the cluster's DNS: its role, and the Service `kube-dns` with an
 * endpoint written by hand. With the collection that each is created in.
 */
export const SYSTEM_OBJECTS: readonly { readonly collection: string; readonly object: object }[] = [
  {
    collection: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    object: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "testbed:coredns" },
      rules: [
        { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
      ],
    },
  },
  {
    collection: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    object: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "testbed:coredns" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "testbed:coredns" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "testbed:coredns" }],
    },
  },
  {
    collection: "/api/v1/namespaces/kube-system/services",
    object: {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "kube-dns", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
      spec: { clusterIP: DNS_SERVICE_IP, ports: dnsPorts },
    },
  },
  {
    collection: "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices",
    object: {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "kube-dns", namespace: "kube-system", labels: { "kubernetes.io/service-name": "kube-dns" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [NODE_IP.v4], conditions: { ready: true } }],
      ports: dnsPorts,
    },
  },
];
