// Charts by uPlot in the colours of the page: the parts that the metrics and the SQL page share.

/** Formats a number with three significant digits and a unit for powers of the base. */
export function short(n, base, units) {
  let at = 0;
  for (; Math.abs(n) >= base && at < units.length - 1; at++) n /= base;
  const digits = n === 0 || Math.abs(n) >= 100 ? 0 : Math.abs(n) >= 10 ? 1 : 2;
  return `${Number(n.toFixed(digits))}${units[at]}`;
}
export const plain = (n) => short(n, 1000, ['', ' k', ' M', ' G']);

/** The options of an axis. Its colours are read from the element when uPlot draws: color, and border-color for the grid. */
export function axisOf(place) {
  const ink = (name) => () => getComputedStyle(place)[name];
  return { stroke: ink('color'), font: `11px ${getComputedStyle(document.body).fontFamily}`, grid: { stroke: ink('borderTopColor'), width: 1 }, ticks: { show: false } };
}

/** The colour of an element of the legend when uPlot draws. */
export const inkOf = (mark) => () => getComputedStyle(mark).backgroundColor;

/** Calls redraw after each change of the theme. */
export function onTheme(redraw) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ['data-theme'] });
}
