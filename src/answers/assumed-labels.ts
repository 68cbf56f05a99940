import { type LabelSelector, selectorMatches } from "../model/selector.ts";

type Labels = Readonly<Record<string, string>>;

/**
 * Labels of a namespace that nothing is known of, such that the selectors select it: each selector in its turn, as far as it does not
 * contradict those before it.
 */
export function assumedLabels(selectors: readonly LabelSelector[]): Labels {
  const satisfied: LabelSelector[] = [];
  let labels: Labels = {};
  for (const selector of selectors) {
    const more = { ...labels, ...wanted(selector, labels) };
    if (![...satisfied, selector].every((one) => selectorMatches(one, more))) continue;
    satisfied.push(selector);
    labels = more;
  }
  return labels;
}

/** What a selector asks for that is not there yet. */
function wanted({ matchLabels, matchExpressions }: LabelSelector, labels: Labels): Labels {
  const entries = matchExpressions.flatMap(({ key, operator, values }) => {
    if (Object.hasOwn(labels, key)) return [];
    if (operator === "Exists") return [[key, ""] as const];
    return operator === "In" ? [[key, values[0] ?? ""] as const] : [];
  });
  return { ...Object.fromEntries(entries), ...matchLabels };
}
