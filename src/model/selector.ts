import { isLabelKey, isLabelValue } from "./label-syntax.ts";

/** A Kubernetes `metav1.LabelSelector`, normalised: absent lists are empty. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly LabelExpression[];
}

export interface LabelExpression {
  readonly key: string;
  /** `In`, `NotIn`, `Exists` or `DoesNotExist`; anything else matches nothing. */
  readonly operator: string;
  readonly values: readonly string[];
}

/**
 * Whether the labels satisfy the selector; every part must hold, and an empty selector matches everything.
 * `NotIn` also matches an absent key, as in Kubernetes (labels.Requirement.Matches).
 */
export function selectorMatches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return (
    Object.entries(selector.matchLabels).every(([key, value]) => label(labels, key) === value) &&
    selector.matchExpressions.every((expression) => expressionMatches(expression, label(labels, expression.key)))
  );
}

/**
 * Whether everything that `narrow` selects is selected by `wide` too, as far as that follows key by key: each requirement of `wide` out of one
 * of `narrow`. True is certain; false may be a set of requirements that only together say it.
 */
export function selectsAllOf(wide: LabelSelector, narrow: LabelSelector): boolean {
  const given = requirements(narrow);
  return requirements(wide).every((wanted) => given.some((one) => one.key === wanted.key && implies(one, wanted)));
}

/** By selector, which never changes. */
const REQUIREMENTS = new WeakMap<LabelSelector, readonly LabelExpression[]>();

function requirements(selector: LabelSelector): readonly LabelExpression[] {
  const known = REQUIREMENTS.get(selector);
  if (known !== undefined) return known;
  const labels = Object.entries(selector.matchLabels).map(([key, value]) => ({ key, operator: "In", values: [value] }));
  const made = [...labels, ...selector.matchExpressions];
  REQUIREMENTS.set(selector, made);
  return made;
}

/** Whether a value of one key that fulfils `given` fulfils `wanted`. */
function implies(given: LabelExpression, wanted: LabelExpression): boolean {
  switch (given.operator) {
    case "In":
      return given.values.every((value) => expressionMatches(wanted, value));
    case "NotIn":
      return wanted.operator === "NotIn" && wanted.values.every((value) => given.values.includes(value));
    case "Exists":
      return wanted.operator === "Exists";
    case "DoesNotExist":
      return expressionMatches(wanted, undefined);
    default:
      // matches nothing, of which everything is true
      return true;
  }
}

/** What is wrong in a selector. */
export interface SelectorFlaw {
  /** Such as `.matchExpressions[0].operator`. */
  readonly at: string;
  readonly found: string;
  readonly help: string;
}

/**
 * Why a selector is none that Kubernetes would take, by which it selects nothing, or not what was meant: nobody looks at those in App Mesh's
 * objects before. Undefined: it is one.
 */
export function selectorFlaw(selector: LabelSelector | undefined): SelectorFlaw | undefined {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  for (const [key, value] of Object.entries(matchLabels)) {
    const found = labelFlaw(key, [value]);
    if (found !== undefined) return { at: ".matchLabels", found, help: LABEL_HELP };
  }
  for (const [index, { key, operator, values }] of matchExpressions.entries()) {
    const at = `.matchExpressions[${index}]`;
    const found = labelFlaw(key, values);
    if (found !== undefined) return { at, found, help: LABEL_HELP };
    if (operator === "In" || operator === "NotIn") {
      if (values.length > 0) continue;
      return {
        at: `${at}.values`,
        found: `${operator} has no values, so there is nothing to compare with`,
        help: "give one",
      };
    }
    if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length === 0) continue;
      return {
        at: `${at}.values`,
        found: `${operator} looks at no values`,
        help: "leave them out, or write In or NotIn",
      };
    }
    const operators = "the operators are In, NotIn, Exists and DoesNotExist";
    return {
      at: `${at}.operator`,
      found: `${JSON.stringify(operator)} is no operator, so nothing is selected`,
      help: operators,
    };
  }
  return undefined;
}

const LABEL_HELP = "write a key and a value that a label can have: letters, digits, and - _ . between them, 63 at most";

function labelFlaw(key: string, values: readonly string[]): string | undefined {
  if (!isLabelKey(key)) return `no label can have the key ${JSON.stringify(key)}`;
  const odd = values.find((value) => !isLabelValue(value));
  return odd === undefined ? undefined : `no label can have the value ${JSON.stringify(odd)}`;
}

/** A selector in the compact form that kubectl prints: `app=web,tier in (a,b),!debug`; `<everything>` when empty. */
export function describeSelector(selector: LabelSelector): string {
  const parts = [
    ...Object.entries(selector.matchLabels).map(([key, value]) => `${key}=${value}`),
    ...selector.matchExpressions.map(describeExpression),
  ];
  return parts.length === 0 ? "<everything>" : parts.join(",");
}

function expressionMatches(expression: LabelExpression, value: string | undefined): boolean {
  switch (expression.operator) {
    case "In":
      return value !== undefined && expression.values.includes(value);
    case "NotIn":
      return value === undefined || !expression.values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

function describeExpression({ key, operator, values }: LabelExpression): string {
  switch (operator) {
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return `${key} ${operator.toLowerCase()} (${values.join(",")})`;
  }
}

function label(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
