import { type ContainerView, findContainer, podView } from "../../inject/pod.ts";
import { readRecord } from "../../inject/record/record.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { ENVOY_CONTAINER } from "../../model/names.ts";

export type Sidecar =
  | {
      readonly kind: "ours";
      /** Version of Outrigger that put it in, and the hash of the configuration it went by. */
      readonly release: string;
      readonly configuration: string;
      /** `mesh/<mesh>/virtualNode/<node>`. */
      readonly resource: string;
      readonly image: string;
    }
  /** The pod carries a record that does not fit it. */
  | { readonly kind: "unfit"; readonly problem: string }
  /** Put in by the AWS controller or the injector of 2019. */
  | { readonly kind: "aws"; readonly image: string }
  | { readonly kind: "none" };

/** Variables by which AWS's Envoy image learns whose proxy it is. */
const AWS_VARIABLES = ["APPMESH_VIRTUAL_NODE_NAME", "APPMESH_RESOURCE_ARN"];

/** What a pod has as its sidecar, by its record, else by its containers. */
export function sidecarOf(pod: JsonObject): Sidecar {
  const view = podView(pod);
  const envoy = findContainer([...view.initContainers, ...view.containers], ENVOY_CONTAINER);
  const image = imageOf(envoy);
  const reading = readRecord(pod);
  switch (reading.kind) {
    case "fits": {
      const { release, configuration, resource } = reading.record;
      return { kind: "ours", release, configuration, resource, image };
    }
    case "mismatch":
      return { kind: "unfit", problem: reading.problem };
    case "absent":
      return envoy !== undefined && isAws(envoy) ? { kind: "aws", image } : { kind: "none" };
  }
}

function isAws(envoy: ContainerView): boolean {
  const names = objectsOf(member(envoy.raw, "env")).map(({ name }) => stringOf(name) ?? "");
  return /aws-appmesh-envoy/.test(imageOf(envoy)) || names.some((name) => AWS_VARIABLES.includes(name));
}

/** Empty where there is no such container. */
export function imageOf(container: ContainerView | undefined): string {
  return stringOf(member(container?.raw, "image")) ?? "";
}
