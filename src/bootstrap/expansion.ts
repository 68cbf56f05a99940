import type { Json } from "../model/json.ts";
import { EXPANDED_NAMES, type ExpandedName } from "../model/names.ts";

/**
 * A place in a bootstrap string that the kubelet fills in from the downward API.
 * Inside the object it is written with NUL, which no annotation and no container argument can hold,
 * so a user's text can never be mistaken for one.
 */
export function expanded(name: ExpandedName): string {
  return `\0${name}\0`;
}

/**
 * Renders a bootstrap as the one argument of `--config-yaml`. Every `$` is doubled, because the kubelet expands
 * `$(NAME)` in arguments with *any* environment variable of the container; only the places made by {@link expanded}
 * become references.
 */
export function bootstrapArgument(bootstrap: Json): string {
  return verbatim(JSON.stringify(bootstrap)).replaceAll(PLACE, (found, name?: string) => {
    if (found === ESCAPED_BACKSLASH) return found;
    return name === undefined ? "" : `$(${name})`;
  });
}

/** Text that the kubelet leaves as it is where it would expand `$(NAME)`: in commands, arguments and environment values. */
export function verbatim(text: string): string {
  return text.includes("$") ? text.replaceAll("$", "$$$$") : text;
}

/** In JSON text: a place, or a NUL that is none and is dropped. What follows an escaped backslash is plain text. */
const PLACE = new RegExp(`\\\\\\\\|\\\\u0000(?:(${EXPANDED_NAMES.join("|")})\\\\u0000)?`, "g");
const ESCAPED_BACKSLASH = "\\\\";

/** The upper bound, in bytes, of an argument once the kubelet has expanded it: each name by its longest value. */
export function expandedSize(argument: string): number {
  let size = Buffer.byteLength(argument);
  for (const name of EXPANDED_NAMES) {
    const count = argument.split(`$(${name})`).length - 1;
    size += count * (LONGEST_VALUE[name] - `$(${name})`.length);
  }
  return size - (argument.split("$$").length - 1);
}

/** Longest values that Kubernetes allows: DNS subdomain names, a UUID, an IPv6 address. */
const LONGEST_VALUE: Record<ExpandedName, number> = {
  OUTRIGGER_POD_NAME: 253,
  OUTRIGGER_POD_NAMESPACE: 63,
  OUTRIGGER_POD_UID: 36,
  OUTRIGGER_POD_IP: 45,
  OUTRIGGER_NODE_NAME: 253,
  OUTRIGGER_HOST_IP: 45,
};
