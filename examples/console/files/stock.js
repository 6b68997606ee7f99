// Shows in the navigation how many products run out, on every page of the console.
const link = document.querySelector('.rail a[href="/_/x/stock"]');
const badge = document.createElement('span');
badge.className = 'stock-badge';
link.append(badge);

async function count() {
  const answer = await fetch('/_/x/stock', { headers: { 'HX-Request': 'true' } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  badge.textContent = `${page.querySelector('[data-low]').dataset.low} low`;
}

document.addEventListener('loam:changed', (event) => {
  if (event.detail.changes.some((change) => change.collection === 'products')) count();
});
count();
