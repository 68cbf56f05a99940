/*
 * What Kubernetes takes as keys and values of labels
 * (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set).
 */

const PART = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
/** A DNS subdomain: the prefix of a key, and the name of most objects. */
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** Whether a label can have this key. */
export function isLabelKey(key: string): boolean {
  const [name = "", prefix, ...more] = key.split("/").toReversed();
  return PART.test(name) && (prefix === undefined || SUBDOMAIN.test(prefix)) && more.length === 0;
}

/** Whether a label can have this value. */
export function isLabelValue(value: string): boolean {
  return value === "" || PART.test(value);
}

/** Whether a text is a DNS subdomain. */
export function isSubdomain(text: string): boolean {
  return SUBDOMAIN.test(text);
}
