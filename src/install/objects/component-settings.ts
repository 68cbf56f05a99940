import { stringify } from "yaml";
import type { ConfigurationInput } from "../../config/schema.ts";
import { type Certificates, type InstallationOptions, ownImage } from "./installation-options.ts";
import type { Component } from "./ownership.ts";

/** Where the pods find their configuration, and the key of the ConfigMap with it. */
export const CONFIGURATION = { folder: "/etc/outrigger", key: "config.yaml" } as const;
/** Where cert-manager's certificate is mounted. */
export const CERTIFICATE_FOLDER = "/etc/outrigger-certificate";

/** The section that belongs to one part only. */
const OWN_SECTIONS: Readonly<Record<Component, string>> = { injector: "webhook", "control-plane": "controlPlane" };

/**
 * The `config.yaml` of a component: the settings that are given, without the section of the other part, with what the
 * installation itself decides. Keys are sorted, so that equal settings are equal text.
 */
export function configurationText(component: Component, options: InstallationOptions): string {
  const settings: Record<string, unknown> = { ...withOwnImage(options) };
  for (const [other, section] of Object.entries(OWN_SECTIONS)) if (other !== component) delete settings[section];
  if (component === "injector") settings.webhook = webhookSection(options.settings, options.certificates);
  return stringify(settings, { sortMapEntries: true, lineWidth: 0 });
}

/** Injected pods redirect their traffic with the image that is installed, unless a setting names another. */
function withOwnImage(options: InstallationOptions): ConfigurationInput {
  const { settings } = options;
  if (options.image === undefined || settings.capture?.image) return settings;
  return { ...settings, capture: { ...settings.capture, image: ownImage(options), program: "outrigger" } };
}

function webhookSection(settings: ConfigurationInput, certificates: Certificates): unknown {
  const certificate =
    certificates === "cert-manager"
      ? { tlsCert: `${CERTIFICATE_FOLDER}/tls.crt`, tlsKey: `${CERTIFICATE_FOLDER}/tls.key` }
      : { certificate: "cluster" };
  return { ...settings.webhook, ...certificate };
}
