import { type Json, type JsonObject, listOf, member, stringOf } from "./json.ts";

/**
 * What App Mesh's controller put on its objects, so that they stayed until it had deleted what they stood for at AWS. Nobody but it took
 * them away, and it cannot any more. Outrigger sets none.
 */
export const OLD_FINALIZERS = [
  "finalizers.appmesh.k8s.aws/mesh-members",
  "finalizers.appmesh.k8s.aws/virtualgateway-members",
  "finalizers.appmesh.k8s.aws/aws-appmesh-resources",
  "finalizers.appmesh.k8s.aws/aws-cloudmap-resources",
] as const;

/** Whether an object waits for App Mesh's controller before it may go. */
export type Leaving =
  | { readonly kind: "no" }
  | {
      readonly kind: "held";
      readonly namespace: string;
      readonly name: string;
      readonly uid: string;
      readonly resourceVersion: string;
      /** Finalizers of others, in their order: what is left when the old ones are taken away. */
      readonly others: readonly string[];
    };

const NO: Leaving = { kind: "no" };

/** Whether an App Mesh object is being deleted and has an old finalizer; its spec may be anything. Namespace is empty for a Mesh. */
export function leavingObject(raw: JsonObject): Leaving {
  const metadata = member(raw, "metadata");
  const text = (key: string): string => stringOf(member(metadata, key)) ?? "";
  if (text("deletionTimestamp") === "") return NO;
  const others = withoutOldFinalizers(metadata);
  if (others === undefined) return NO;
  return {
    kind: "held",
    namespace: text("namespace"),
    name: text("name"),
    uid: text("uid"),
    resourceVersion: text("resourceVersion"),
    others,
  };
}

/** Finalizers of others in an object's metadata, in their order; undefined: there is no old one that could be taken away. */
export function withoutOldFinalizers(metadata: Json | undefined): readonly string[] | undefined {
  const finalizers = listOf(member(metadata, "finalizers")).filter((one) => typeof one === "string");
  const others = finalizers.filter((finalizer) => !OLD_FINALIZERS.some((one) => one === finalizer));
  return others.length === finalizers.length ? undefined : others;
}
