import type { CloudMapService } from "../model/cloud-map.ts";
import { type ObjectRef, sameObject } from "../model/mesh-object.ts";
import type { LabelSelector } from "../model/selector.ts";
import { selectorOf } from "./label-selector.ts";
import type { MeshReader } from "./mesh-state.ts";

/** How a node's pods are registered in Cloud Map. */
export interface Registration {
  readonly service: CloudMapService;
  /** Of the pods. */
  readonly namespace: string;
  readonly selector: LabelSelector;
  /** What each of them has beside its labels, of which these are the stronger: the node's own, and those of App Mesh's controller. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Undefined of a node that registers nobody: it is in no mesh, its name is another's, it has no pods, or is not found by Cloud Map. */
export function registrationOf(ref: ObjectRef<"VirtualNode">, reader: MeshReader): Registration | undefined {
  const node = reader.object(ref);
  const { mesh, awsName } = reader.placement(ref);
  const { awsCloudMap } = node?.spec.serviceDiscovery ?? {};
  const selector = selectorOf(node?.spec.podSelector);
  if (node === undefined || mesh === undefined || awsCloudMap === undefined || selector === undefined) return undefined;
  if (!sameObject(ref, reader.named("VirtualNode", mesh, awsName))) return undefined;
  const { namespaceName, serviceName, attributes = [] } = awsCloudMap;
  const [first] = node.spec.listeners ?? [];
  return {
    service: { mesh: mesh.name, namespaceName, serviceName },
    namespace: ref.namespace,
    selector,
    attributes: {
      ...Object.fromEntries(attributes.map(({ key, value }) => [key, value])),
      ...(first !== undefined && { AWS_INSTANCE_PORT: String(first.portMapping.port) }),
      "appmesh.k8s.aws/mesh": reader.placement(mesh).awsName,
      "appmesh.k8s.aws/virtualNode": awsName,
    },
  };
}
