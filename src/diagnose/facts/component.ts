import { COMPONENT_LABEL, type Component } from "../../install/objects/ownership.ts";
import { type Json, type JsonObject, member, numberOf, objectsOf, stringMapOf, stringOf } from "../../model/json.ts";
import { INJECTOR_AUTHORITY_SECRET, INJECTOR_NAME, MESH_AUTHORITY_SECRET } from "../../model/names.ts";
import { nameOf } from "../../model/object-metadata.ts";
import { parseState, STATE_KEY } from "../../pki/authority-format.ts";
import { bundleOf } from "../../pki/authority-state.ts";
import { quoted } from "./quoted.ts";
import type { Reading } from "./reading.ts";

/** One of the two parts as the cluster has it. */
export interface ComponentFacts {
  readonly deployment: Reading<DeploymentFacts>;
  readonly pods: Reading<readonly ComponentPod[]>;
  /** Whether the Service by which it is reached selects its pods. */
  readonly service: Reading<boolean>;
  /** Text of `config.yaml`. */
  readonly configuration: Reading<string>;
  /** PEM of the roots in the authority's Secret; nothing else of it is kept. */
  readonly authority: Reading<string>;
}

export interface DeploymentFacts {
  /** Whether it carries our label; the injector of 2019 had a Deployment of this very name. */
  readonly isOurs: boolean;
  readonly desired: number;
  readonly ready: number;
  readonly image: string;
  /** Literal values of the container's environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ComponentPod {
  readonly name: string;
  readonly ready: boolean;
  /** Whether its deletion is asked for: it may still serve, and says nothing of what is wrong. */
  readonly leaving: boolean;
  /** Why a container waits, in the kubelet's word, such as `CrashLoopBackOff`; empty when none does. */
  readonly waiting: string;
}

/** Names of Service, ConfigMap and Secret of each part. */
export const OBJECTS: Readonly<
  Record<Component, { readonly service: string; readonly configMap: string; readonly secret: string }>
> = {
  injector: { service: INJECTOR_NAME, configMap: INJECTOR_NAME, secret: INJECTOR_AUTHORITY_SECRET },
  "control-plane": { service: "outrigger", configMap: "outrigger", secret: MESH_AUTHORITY_SECRET },
};

/** Whether a Service with this selector, which must not be empty, has pods with these labels. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}

/** What is kept of the Deployment. */
export function deploymentFacts(object: JsonObject): DeploymentFacts {
  const labels = stringMapOf(member(object.metadata, "labels"));
  const template = member(member(member(object.spec, "template"), "spec"), "containers");
  const container = objectsOf(template)[0];
  return {
    isOurs: COMPONENT_LABEL in labels,
    desired: numberOf(member(object.spec, "replicas")) ?? 1,
    ready: numberOf(member(object.status, "readyReplicas")) ?? 0,
    image: stringOf(member(container, "image")) ?? "",
    environment: Object.fromEntries(
      objectsOf(member(container, "env")).flatMap(({ name, value }) =>
        typeof name === "string" && typeof value === "string" ? [[name, value]] : [],
      ),
    ),
  };
}

/** What is kept of one of its pods. */
export function componentPod(object: JsonObject): ComponentPod {
  const { metadata, status } = object;
  const states = objectsOf(member(status, "containerStatuses")).map(({ state }) => member(state, "waiting"));
  const waiting = states.map((state: Json | undefined) => stringOf(member(state, "reason"))).find(Boolean);
  const ready = objectsOf(member(status, "conditions")).some((one) => one.type === "Ready" && one.status === "True");
  const leaving = member(metadata, "deletionTimestamp") !== undefined;
  return { name: nameOf(object), ready, leaving, waiting: quoted(waiting ?? "") };
}

/** The roots in an authority's Secret. Only the certificates leave this function: the Secret holds keys too. */
export function rootsInSecret(secret: JsonObject, name: string): Reading<string> {
  const encoded = stringOf(member(secret.data, STATE_KEY));
  if (encoded === undefined) return { kind: "absent" };
  try {
    return { kind: "read", value: bundleOf(parseState(Buffer.from(encoded, "base64").toString(), `Secret ${name}`)) };
  } catch (error) {
    return { kind: "failed", why: (error as Error).message };
  }
}

/** The release that an image's tag names: `0.1.0` of `docker.io/outrigger/outrigger:0.1.0`; undefined when it names none. */
export function releaseOf(image: string): string | undefined {
  return /:v?(\d+\.\d+\.\d+[\w.-]*)(?:@sha256:[0-9a-f]+)?$/.exec(image)?.[1];
}
