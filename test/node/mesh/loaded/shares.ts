/** How seldom a share that is as it should be is called wrong: once in a thousand million. */
const ALARM = 1e-9;

/** The least and the most successes of so many trials that a share allows; chance alone leaves these bounds with {@link ALARM} or less. */
export function allowed(trials: number, share: number): { readonly least: number; readonly most: number } {
  if (share <= 0) return { least: 0, most: 0 };
  if (share >= 1) return { least: trials, most: trials };
  const chances = binomial(trials, share);
  return { least: tail(chances), most: trials - tail(chances.toReversed()) };
}

/** The chance of each number of successes. */
function binomial(trials: number, share: number): readonly number[] {
  const chances: number[] = [];
  let logarithm = trials * Math.log(1 - share);
  for (let successes = 0; successes <= trials; successes++) {
    chances.push(Math.exp(logarithm));
    logarithm += Math.log((trials - successes) / (successes + 1)) + Math.log(share / (1 - share));
  }
  return chances;
}

/** How many of the first chances are together no more than half of the alarm. */
function tail(chances: readonly number[]): number {
  let sum = 0;
  const index = chances.findIndex((chance) => {
    sum += chance;
    return sum > ALARM / 2;
  });
  return index === -1 ? 0 : index;
}
