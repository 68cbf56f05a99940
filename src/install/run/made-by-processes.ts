import type { JsonObject } from "../../model/json.ts";
import {
  CONTROL_PLANE_NAME,
  INJECTOR_AUTHORITY_SECRET,
  MESH_AUTHORITY_SECRET,
  TRUST_CONFIG_MAP,
  WORKLOAD_AUTHORITY_SECRET,
} from "../../model/names.ts";
import { CERT_MANAGER_ROOT, CERT_MANAGER_SECRET } from "../objects/cert-manager.ts";
import { type Component, PLACES } from "../objects/ownership.ts";

/**
 * What running processes make in a component's namespace: the installed ones, and cert-manager, which keeps its Secrets when a
 * Certificate goes. They carry no label of the inventory, and are known by their names.
 */
export const MADE_BY_PROCESSES: Readonly<Record<Component, readonly JsonObject[]>> = {
  injector: [
    core("Secret", "injector", INJECTOR_AUTHORITY_SECRET),
    core("Secret", "injector", CERT_MANAGER_SECRET),
    core("Secret", "injector", CERT_MANAGER_ROOT),
  ],
  "control-plane": [
    core("Secret", "control-plane", MESH_AUTHORITY_SECRET),
    core("Secret", "control-plane", WORKLOAD_AUTHORITY_SECRET),
    core("ConfigMap", "control-plane", TRUST_CONFIG_MAP),
    { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: metadata("control-plane", CONTROL_PLANE_NAME) },
  ],
};

function core(kind: "Secret" | "ConfigMap", component: Component, name: string): JsonObject {
  return { apiVersion: "v1", kind, metadata: metadata(component, name) };
}

function metadata(component: Component, name: string): JsonObject {
  return { name, namespace: PLACES[component].namespace };
}
