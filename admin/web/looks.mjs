// Checks a page in both themes at three widths: no error on the browser's console, no violation of
// the content security policy, no content wider than the window. At one width axe finds no problem,
// Tab reaches all interactive elements, and nothing moves. Screenshots are saved in shots/.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tabThrough } from './keyboard.mjs';
import { picture } from './stage.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The serious and critical violations that axe finds, by the given rules or by all. */
const grave = (page, rules) =>
  page.evaluate(async (runOnly) => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'], iframes: false, ...(runOnly && { runOnly }) });
    return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => [v.id, ...v.nodes.map((n) => n.html.slice(0, 160))]);
  }, rules);

/** The elements with an animation although the window prefers reduced motion. */
const moving = (page) =>
  page.evaluate(() => {
    const moves = (style) => Number.parseFloat(style.transitionDuration) > 0 || style.animationName !== 'none';
    return [...document.querySelectorAll('*')].filter((e) => moves(getComputedStyle(e))).map((e) => e.outerHTML.slice(0, 160));
  });

/** Takes a picture of the page in both themes at each width; the window is dark and wide afterwards. */
export async function pictures(page, name) {
  let schemes = ['light', 'dark'];
  for (const width of [390, 1024, 1440]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    for (const scheme of schemes) {
      await page.emulateMedia({ colorScheme: scheme });
      await picture(page, `${name}-${width}-${scheme}`);
    }
    schemes = schemes.toReversed(); // the next width begins with this theme: a change takes as long as a picture
  }
}

/** Fails if a text of the page, in its present theme, has less contrast than WCAG AA demands. */
export async function isLegible(page, name) {
  await page.evaluate(axe);
  assert.deepEqual(await grave(page, ['color-contrast']), [], name);
}

/** Fails if axe finds a grave violation, Tab misses an interactive element, or something moves. */
export async function isUsable(page, name) {
  await page.emulateMedia({ colorScheme: 'dark' });
  await isLegible(page, `${name}, dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual(await grave(page), [], name);
  assert.deepEqual(await tabThrough(page), [], name);
  assert.deepEqual(await moving(page), [], name);
}
