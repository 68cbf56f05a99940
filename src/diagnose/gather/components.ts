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
  const { name, namespace } = PLACES[component];
  const { service: serviceName, configMap, secret } = OBJECTS[component];
  const labels = selectorLabels(component);
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const core = `/api/v1/namespaces/${namespace}`;
  const [deployment, pods, service, configuration, authority] = await Promise.all([
    reads.one(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`),
    reads.list(`${core}/pods?labelSelector=${encodeURIComponent(selector.join(","))}`, "whole", componentPod),
    reads.one(`${core}/services/${serviceName}`),
    reads.one(`${core}/configmaps/${configMap}`),
    reads.one(`${core}/secrets/${secret}`),
  ]);
  return {
    deployment: mapped(deployment, deploymentFacts),
    pods,
    service: mapped(service, ({ spec }) => selects(stringMapOf(member(spec, "selector")), labels)),
    configuration: orAbsent(mapped(configuration, (object) => stringOf(member(object.data, CONFIGURATION.key)))),
    authority: authority.kind === "read" ? rootsInSecret(authority.value, secret) : authority,
  };
}

function orAbsent<T>(reading: Reading<T | undefined>): Reading<T> {
  if (reading.kind !== "read") return reading;
  return reading.value === undefined ? { kind: "absent" } : { kind: "read", value: reading.value };
}
