/** Takes the turns that a test keeps for itself until there is none; how many there were. */
export function settled(turns: (() => void)[]): number {
  let taken = 0;
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
    turn();
    taken++;
  }
  return taken;
}
