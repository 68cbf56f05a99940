/** The beginning of a manifest: the namespace `shop` and the Mesh that selects it. */
export const SHOP = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { mesh: shop } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: Mesh
metadata: { name: shop }
spec: { namespaceSelector: { matchLabels: { mesh: shop } } }
`;

/** Such a mesh whose node `front` calls `back.shop`, which is the node `back`: what it listens on, as flow mappings, and its host name. */
export function frontAndBack(listeners: readonly string[], hostname: string): string {
  return `${SHOP}---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: { name: front, namespace: shop }
spec: { backends: [{ virtualService: { virtualServiceRef: { name: back } } }] }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: { name: back, namespace: shop }
spec:
  listeners: [${listeners.join(", ")}]
  serviceDiscovery: { dns: { hostname: ${hostname} } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualService
metadata: { name: back, namespace: shop }
spec: { awsName: back.shop, provider: { virtualNode: { virtualNodeRef: { name: back } } } }
`;
}
