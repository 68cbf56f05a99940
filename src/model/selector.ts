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

function requirements({ matchLabels, matchExpressions }: LabelSelector): readonly LabelExpression[] {
  const labels = Object.entries(matchLabels).map(([key, value]) => ({ key, operator: "In", values: [value] }));
  return [...labels, ...matchExpressions];
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
