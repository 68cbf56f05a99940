import { z } from "zod";
import type { DeepReadonly } from "../model/deep-readonly.ts";
import { meshName, namespace, text } from "./forms.ts";
import { arn } from "./sections/arn.ts";
import { capture } from "./sections/capture.ts";
import { controlPlane } from "./sections/control-plane.ts";
import { log } from "./sections/log.ts";
import { proxy } from "./sections/proxy.ts";
import { sds } from "./sections/sds.ts";
import { stats } from "./sections/stats.ts";
import { tracing } from "./sections/tracing.ts";
import { webhook } from "./sections/webhook.ts";
import { setting, settings } from "./setting.ts";

/**
 * Every setting of Outrigger, once: type, form, default, and the phrase that help and documentation say. Where a value may come from
 * follows by rule (`sources.ts`); chart schema and `docs/configuration.md` follow from here, which tests hold.
 */
export const configurationSchema = settings({
  meshName: setting(meshName.default(""), "mesh of pods that neither name one nor match a VirtualNode"),
  region: setting(
    text("a region such as us-west-2, or nothing", /^[a-z0-9-]*$/, 63).default(""),
    "AWS region that sidecars are told",
  ),
  accountId: setting(
    text("an account number of 12 digits, or nothing", /^([0-9]{12})?$/).default(""),
    "own AWS account; a mesh of another owner is addressed as name@owner",
  ),
  injectDefault: setting(
    z.boolean().default(true),
    "whether a pod of an enabled namespace that says nothing itself gets a sidecar",
  ),
  virtualNodeNaming: setting(
    z.enum(["namespace-owner", "owner-namespace", "owner_namespace"]).default("namespace-owner"),
    "how a virtual node is named after the pod's owner where neither annotation nor selector says",
  ),
  onMissingVirtualNode: setting(
    z.enum(["passthrough", "deny", "skip"]).default("passthrough"),
    "what happens to a pod that no VirtualNode matches",
  ),
  otherMesh: setting(
    z.enum(["skip", "insist"]).default("skip"),
    "a pod that belongs to another mesh: leave it alone, or inject all the same",
  ),
  excludedNamespaces: setting(
    z.array(namespace).max(256).default([]),
    "further namespaces that are never injected, besides kube-system and Outrigger's own",
  ),
  flavor: setting(
    z.enum(["envoy", "aws"]).default("envoy"),
    "envoy: stock upstream image, configured inline; aws: AWS's image and its environment variables",
  ),
  preview: setting(z.boolean().default(false), "AWS preview features, where the pod's annotation does not say"),
  proxy,
  capture,
  tracing,
  stats,
  sds,
  cloudMapReadinessGate: setting(
    z.boolean().default(false),
    "add App Mesh's readiness gate to pods of nodes that are found by Cloud Map; the control plane opens it",
  ),
  webhook,
  controlPlane,
  arn,
  log,
});

/** The effective configuration: complete, validated, read-only. */
export type Configuration = DeepReadonly<z.output<typeof configurationSchema>>;
/** What a file or a caller may give: everything optional. */
export type ConfigurationInput = z.input<typeof configurationSchema>;

/** Default image of each flavor. */
export const PROXY_IMAGES = {
  envoy: "docker.io/envoyproxy/envoy:distroless-v1.40.0",
  aws: "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.34.13.3-prod",
} as const;

/** Validates a whole configuration and fills in the defaults. Throws a ZodError that lists all problems. */
export function configuration(input: ConfigurationInput = {}): Configuration {
  return configurationSchema.parse(input);
}
