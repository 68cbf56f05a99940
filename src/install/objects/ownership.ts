import { CONTROL_PLANE_NAME, CONTROL_PLANE_NAMESPACE, INJECTOR_NAME, INJECTOR_NAMESPACE } from "../../model/names.ts";

/** The two parts of an installation; each can be installed without the other. */
export const COMPONENTS = ["control-plane", "injector"] as const;
export type Component = (typeof COMPONENTS)[number];

/** What the objects of a component are called and where they live. */
export const PLACES: Readonly<Record<Component, { readonly name: string; readonly namespace: string }>> = {
  "control-plane": { name: CONTROL_PLANE_NAME, namespace: CONTROL_PLANE_NAMESPACE },
  injector: { name: INJECTOR_NAME, namespace: INJECTOR_NAMESPACE },
};

/** Says who wrote an object: `outrigger`, or `Helm`, which puts its own name there. */
export const MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
export const MANAGER = "outrigger";
/** The inventory: what carries it belongs to that component, whatever the release that made it. */
export const COMPONENT_LABEL = "outrigger.dev/component";

/** Labels of every object of a component. */
export function ownershipLabels(component: Component): Readonly<Record<string, string>> {
  return {
    ...selectorLabels(component),
    "app.kubernetes.io/part-of": "outrigger",
    [MANAGED_BY_LABEL]: MANAGER,
    [COMPONENT_LABEL]: component,
  };
}

/** Labels by which a component's pods are found: they never change, because a Deployment's selector cannot. */
export function selectorLabels(component: Component): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/name": PLACES[component].name };
}
