// Walks through a page with the Tab key.

/**
 * Presses Tab until every interactive element has had the focus. Returns a sentence for each
 * element that never gets the focus, that does not show it, or that reacts to clicks only.
 */
export async function tabThrough(page) {
  const stops = await page.evaluate(() => {
    document.activeElement.blur();
    const acting = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
    const composite = '[role=grid], [role=tablist], [role=listbox], [role=toolbar]'; // one element takes Tab, arrows lead to the others
    const looks = ['outlineStyle', 'outlineWidth', 'boxShadow', 'borderColor', 'backgroundColor', 'opacity', 'stroke', 'strokeWidth'];

    /** The styles by which an element, its parts or its ancestors can show the focus. */
    const look = (element) => {
      const around = [element];
      while (around.length < 4 && around.at(-1).parentElement) around.push(around.at(-1).parentElement);
      return [...around, ...[...element.querySelectorAll('*')].slice(0, 5)].map((e) => looks.map((name) => getComputedStyle(e)[name]).join()).join(';');
    };
    const elements = [...document.querySelectorAll(acting)].filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled);
    const clicked = [...document.querySelectorAll('body *')].filter(
      (e) => getComputedStyle(e).cursor === 'pointer' && e.checkVisibility({ visibilityProperty: true }) && !e.closest(`${acting}, label, [disabled], ${composite}`) && !e.querySelector(acting),
    );
    const walk = { elements, clicked, composite, look, before: new Map(elements.map((e) => [e, look(e)])), seen: new Map() };
    addEventListener('focusin', ({ target }) => walk.seen.set(target, look(target)));
    window.walk = walk;
    elements[0].focus();
    return elements.length;
  });
  await Promise.all(Array.from({ length: stops + 3 }, () => page.keyboard.press('Tab'))); // all presses are sent at once
  return page.evaluate(() => {
    const { elements, clicked, composite, before, seen } = window.walk;
    const name = (e) => e.outerHTML.slice(0, 160);
    /** One radio button of a group takes Tab. */
    const stands = (e) => (e.type === 'radio' ? elements.some((other) => other.name === e.name && other.form === e.form && seen.has(other)) : e.tabIndex < 0 && e.closest(composite));
    return [
      ...elements.filter((e) => e.isConnected && !seen.has(e) && !stands(e)).map((e) => `Tab does not reach ${name(e)}`),
      ...elements.filter((e) => seen.get(e) === before.get(e)).map((e) => `the focus is not seen on ${name(e)}`),
      ...clicked.map((e) => `only a click acts on ${name(e)}`),
    ];
  });
}
