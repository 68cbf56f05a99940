import type { JsonObject } from "../../model/json.ts";
import { controlPlaneObjects } from "./control-plane-objects.ts";
import { injectorObjects } from "./injector-objects.ts";
import type { InstallationOptions } from "./installation-options.ts";
import { COMPONENTS, type Component } from "./ownership.ts";

/**
 * All objects of an installation, in the order in which they are applied: the control plane first, because the injector waits
 * for its trust, and the registration last. No object holds a key or a certificate: those parts make their own.
 */
export function installation(options: InstallationOptions): readonly JsonObject[] {
  return COMPONENTS.filter((component) => options.components.includes(component)).flatMap((component) =>
    componentObjects(component, options),
  );
}

/** All objects of one component, in the order in which they are applied. */
export function componentObjects(component: Component, options: InstallationOptions): readonly JsonObject[] {
  switch (component) {
    case "control-plane":
      return controlPlaneObjects(options);
    case "injector":
      return injectorObjects(options);
  }
}
