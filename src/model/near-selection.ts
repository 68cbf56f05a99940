import { nearest } from "./nearest.ts";
import { describeSelector, type LabelSelector, selectorMatches } from "./selector.ts";

type Labels = Readonly<Record<string, string>>;

/** A slip in a label: another case, some letters more or less; `v1` is none of `v2`. */
const SLIP = { longest: 63, oneIn: 3, always: 0 } as const;

/** By which pods are told apart first: who has another one of these is another app. */
const NAMES: ReadonlySet<string> = new Set(["app", "app.kubernetes.io/name", "k8s-app", "name"]);

/**
 * What keeps a selector from labels that it nearly selects: `version=stable, and the labels have version=Stable`. Nearly is one requirement that is
 * only written a little differently, or that is the only one not met beside the app's name. Undefined: it selects them, or something else entirely.
 */
export function nearSelection(selector: LabelSelector, labels: Labels): string | undefined {
  // a pod is compared with all nodes of its namespace, and most of them want another app
  if (missesSeveral(selector.matchLabels, labels)) return undefined;
  const parts = partsOf(selector);
  const [missing, ...others] = parts.filter((part) => !selectorMatches(part, labels));
  if (missing === undefined || others.length > 0) return undefined;
  const [wanted] = Object.entries(missing.matchLabels);
  const slip = wanted && slipOf(wanted, labels);
  const isNamed = parts.some((part) => part !== missing && Object.keys(part.matchLabels).some((key) => NAMES.has(key)));
  if (slip === undefined && !isNamed) return undefined;
  const key = wanted?.[0] ?? missing.matchExpressions[0]?.key ?? "";
  const had = slip ?? (Object.hasOwn(labels, key) ? `${key}=${labels[key]}` : undefined);
  const text = describeSelector(missing);
  return had === undefined ? `${text}, which the labels lack` : `${text}, and the labels have ${had}`;
}

function missesSeveral(wanted: Labels, labels: Labels): boolean {
  let missed = 0;
  for (const key of Object.keys(wanted)) {
    if ((!Object.hasOwn(labels, key) || labels[key] !== wanted[key]) && ++missed > 1) return true;
  }
  return false;
}

/** Each requirement as a selector of its own. */
function partsOf({ matchLabels, matchExpressions }: LabelSelector): readonly LabelSelector[] {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => ({ matchLabels: { [key]: value }, matchExpressions: [] })),
    ...matchExpressions.map((one) => ({ matchLabels: {}, matchExpressions: [one] })),
  ];
}

/** The label that was probably meant to be this one. */
function slipOf([key, value]: readonly [string, string], labels: Labels): string | undefined {
  if (Object.hasOwn(labels, key)) {
    const had = labels[key] ?? "";
    return isNumbered(had, value) || nearest(had, [value], SLIP) === undefined ? undefined : `${key}=${had}`;
  }
  const other = nearest(key, Object.keys(labels), SLIP);
  return other !== undefined && labels[other] === value ? `${other}=${value}` : undefined;
}

/** Whether they are of one series: their digits alone differ. */
function isNumbered(one: string, other: string): boolean {
  return one.replaceAll(/\d+/g, "") === other.replaceAll(/\d+/g, "");
}
