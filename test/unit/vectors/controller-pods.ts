import type { ConfigurationInput } from "../../../src/config/schema.ts";
import { aContainer, aNode, aPod, type PodChange, type Surroundings, withContainers } from "../../pods.ts";
import { CONTROLLER_SETTINGS } from "./programs.ts";

const everything = { podSelector: { matchLabels: {}, matchExpressions: [] } };
const facts = { namespace: "my-ns", awsName: "my-vn_my-ns", meshRef: "my-mesh", ...everything };
/** A pod of VirtualNode my-vn with one container on ports 80 and 443. */
export const pod = (...changes: readonly PodChange[]) =>
  aPod(withContainers(aContainer("bar", { ports: [{ containerPort: 80 }, { containerPort: 443 }] })), ...changes);

/** The pod of VirtualNode my-vn in namespace my-ns, which listens on these ports. */
export function around(configuration: ConfigurationInput = {}, listenerPorts: readonly number[] = []): Surroundings {
  return {
    namespace: { name: "my-ns" },
    virtualNodes: [aNode("my-vn", { ...facts, listenerPorts })],
    configuration: {
      ...CONTROLLER_SETTINGS,
      ...configuration,
      proxy: { ...CONTROLLER_SETTINGS.proxy, ...configuration.proxy },
      capture: { ...CONTROLLER_SETTINGS.capture, ...configuration.capture },
    },
  };
}
