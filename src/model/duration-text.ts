/** `3 days`, `5 h`, `2 min`: for a person, rounded down. */
export function durationText(milliseconds: number): string {
  const minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  if (minutes >= 2 * 24 * 60) return `${Math.floor(minutes / 1440)} days`;
  if (minutes >= 120) return `${Math.floor(minutes / 60)} h`;
  return minutes >= 2 ? `${minutes} min` : `${Math.floor(Math.abs(milliseconds) / 1000)} s`;
}
