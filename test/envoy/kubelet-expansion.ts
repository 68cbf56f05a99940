import type { ExpandedName } from "../../src/model/names.ts";

/** Values of the downward API, as a pod of these tests has them. */
export type PodValues = Readonly<Record<ExpandedName, string>>;

/** A pod on loopback. */
export const LOOPBACK_POD: PodValues = {
  OUTRIGGER_POD_NAME: "web-6d4cf56db6-abcde",
  OUTRIGGER_POD_NAMESPACE: "shop",
  OUTRIGGER_POD_UID: "0b7f2a5e-63cb-4c1b-a5e5-6fd0f4e9d3a1",
  OUTRIGGER_POD_IP: "127.0.0.1",
  OUTRIGGER_NODE_NAME: "node1",
  OUTRIGGER_HOST_IP: "127.0.0.1",
};

/**
 * Expands a container argument as the kubelet does (kubernetes `third_party/forked/golang/expansion`): `$$` is a `$`,
 * `$(NAME)` the value of a variable of the container; a reference to an unknown one stays as it is.
 */
export function expandAsKubelet(argument: string, values: Readonly<Record<string, string>>): string {
  return argument.replaceAll(/\$\$|\$\(([^)]*)\)/g, (found, name: string | undefined) =>
    name === undefined ? "$" : (values[name] ?? found),
  );
}
