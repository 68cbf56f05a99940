import { type Json, member } from "../../model/json.ts";
import { compareQuantities, formatQuantity, isQuantity, parseQuantity } from "../../model/quantity.ts";

/** The resources that sidecars take; others of a pod are none of our business. */
export const RESOURCE_NAMES = ["cpu", "memory"] as const;
export type ResourceName = (typeof RESOURCE_NAMES)[number];
export type ResourceKind = "requests" | "limits";

/** A quantity of `{requests, limits}` as text; undefined where there is none or where it is not a quantity. */
export function quantityOf(resources: Json | undefined, kind: ResourceKind, name: ResourceName): string | undefined {
  const value = member(member(resources, kind), name);
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && isQuantity(text) ? text : undefined;
}

/** Whether there is a quantity above zero; zero counts as absent for the QoS class. */
export function isPositive(text: string | undefined): boolean {
  return text !== undefined && text !== "" && parseQuantity(text).nanos > 0n;
}

/** Whether a member of a LimitRange says something. */
export function isSet(text: string | undefined): text is string {
  return text !== undefined && isQuantity(text);
}

export function less(a: string, b: string): boolean {
  return compareQuantities(parseQuantity(a), parseQuantity(b)) < 0;
}

/** The largest of the texts, as it was written; empty texts do not count, and of equal ones the first wins. */
export function largest(...texts: readonly string[]): string {
  return texts
    .filter((text) => text !== "")
    .reduce((most, text) => (most === "" || less(most, text) ? text : most), "");
}

/** The finest step that makes sense: a thousandth of a core, a byte; in billionths. */
const STEP: Readonly<Record<ResourceName, bigint>> = { cpu: 1_000_000n, memory: 1_000_000_000n };

/** `text` times `factor`, rounded down. */
export function multipliedBy(name: ResourceName, text: string, factor: string): string {
  const { nanos, format } = parseQuantity(text);
  const product = (nanos * parseQuantity(factor).nanos) / NANO;
  return formatQuantity({ nanos: product - (product % STEP[name]), format });
}

/** `text` divided by `divisor`, rounded up; `divisor` is above zero, as Kubernetes wants a ratio to be. */
export function dividedBy(name: ResourceName, text: string, divisor: string): string {
  const { nanos, format } = parseQuantity(text);
  const step = STEP[name] * parseQuantity(divisor).nanos;
  const steps = (nanos * NANO + step - 1n) / step;
  return formatQuantity({ nanos: steps * STEP[name], format });
}

const NANO = 1_000_000_000n;
