import { CONFIGURATION } from "../../install/objects/component-settings.ts";
import { type Component, PLACES, selectorLabels } from "../../install/objects/ownership.ts";
import { member, stringMapOf, stringOf } from "../../model/json.ts";
import {
  type ComponentFacts,
  componentPod,
  deploymentFacts,
  OBJECTS,
  rootsInSecret,
  selects,
} from "../facts/component.ts";
import { mapped, type Reading } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/** Reads everything about one of the two parts. Nothing is thrown. */
export async function readComponent(reads: ClusterReads, component: Component): Promise<ComponentFacts> {
  const { namespace } = PLACES[component];
  const { service: serviceName, secret } = OBJECTS[component];
  const labels = selectorLabels(component);
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const core = `/api/v1/namespaces/${namespace}`;
  const [settings, pods, service, authority] = await Promise.all([
    readSettings(reads, component),
    reads.list(`${core}/pods?labelSelector=${encodeURIComponent(selector.join(","))}`, "whole", componentPod),
    reads.one(`${core}/services/${serviceName}`),
    reads.one(`${core}/secrets/${secret}`),
  ]);
  return {
    ...settings,
    pods,
    service: mapped(service, ({ spec }) => selects(stringMapOf(member(spec, "selector")), labels)),
    authority: authority.kind === "read" ? rootsInSecret(authority.value, secret) : authority,
  };
}

/** Reads what the settings of one of the two parts stand in. Nothing is thrown. */
export async function readSettings(
  reads: ClusterReads,
  component: Component,
): Promise<Pick<ComponentFacts, "deployment" | "configuration">> {
  const { name, namespace } = PLACES[component];
  const { configMap } = OBJECTS[component];
  const [deployment, configuration] = await Promise.all([
    reads.one(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`),
    reads.one(`/api/v1/namespaces/${namespace}/configmaps/${configMap}`),
  ]);
  return {
    deployment: mapped(deployment, deploymentFacts),
    configuration: orAbsent(mapped(configuration, (object) => stringOf(member(object.data, CONFIGURATION.key)))),
  };
}

function orAbsent<T>(reading: Reading<T | undefined>): Reading<T> {
  if (reading.kind !== "read") return reading;
  return reading.value === undefined ? { kind: "absent" } : { kind: "read", value: reading.value };
}
