// The page about an API: the languages of the code, and the keys that send a trial.
import { store, stored } from './store.js';

const languageKey = 'loam_language';

function choose(language, focus = false) {
  for (const tab of document.querySelectorAll('[data-language]')) {
    const chosen = tab.dataset.language === language;
    tab.ariaSelected = String(chosen);
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen && focus) tab.focus();
  }
  for (const code of document.querySelectorAll('[data-code]')) code.hidden = code.dataset.code !== language;
}

const remembered = () => {
  const language = stored(languageKey);
  choose(document.querySelector(`[data-language="${CSS.escape(language ?? '')}"]`) ? language : document.querySelector('[data-language]').dataset.language);
};

document.addEventListener('click', (event) => {
  const tab = event.target.closest('[data-language]');
  if (tab) {
    store(languageKey, tab.dataset.language);
    choose(tab.dataset.language);
  }
  const copy = event.target.closest('[data-copy-shown]'); // copies the text of the element that the attribute selects
  if (copy) copy.dataset.copy = document.querySelector(copy.dataset.copyShown).textContent;
}, true);

document.addEventListener('keydown', (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tab = step && event.target.closest('[data-language]');
  if (tab) {
    const tabs = [...document.querySelectorAll('[data-language]')];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    store(languageKey, next.dataset.language);
    choose(next.dataset.language, true);
  }
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) document.querySelector('[data-reference] [data-send]')?.click();
  else if (event.key === 'Enter' && event.target.matches('[data-reference] input')) event.preventDefault();
});

// On a phone the operations are in one scrollable line.
document.querySelector('.api > nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

document.addEventListener('htmx:afterSwap', remembered);
remembered();
