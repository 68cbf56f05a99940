import { firstOf } from "../model/first-of.ts";
import { shortLine } from "../model/one-line.ts";
import { ANSWER_LIMITS } from "./limits.ts";

/** Text of a stranger as a terminal may show it: one line, without control characters, and not without end. */
export function plain(text: string): string {
  return shortLine(text, ANSWER_LIMITS.text);
}

/** `1 pod`, `2 pods`; `1 proxy`, `2 proxies`. */
export function count(number: number, what: string, several = `${what}s`): string {
  return `${number} ${number === 1 ? what : several}`;
}

/** `VirtualNode shop/web`, `Mesh main`. */
export function titleOf(object: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  const { kind, namespace, name } = object;
  return `${kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
}

/** The first few names of strangers for a sentence: `a, b and 4 more`. `total`: how many there are, where `names` are only some of them. */
export function plainList(names: readonly string[], total = names.length): string {
  return firstOf(names.map(plain), ANSWER_LIMITS.namedObjects, total);
}
