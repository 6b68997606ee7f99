// Sets the stored width of the side bar, or hides the bar, before the first paint, so that the page
// does not jump.
try {
  const width = Number(localStorage.getItem('loam.side'));
  if (width > 0) document.documentElement.style.setProperty('--side', `${width}px`);
  if (localStorage.getItem('loam.side.hidden')) document.documentElement.setAttribute('data-no-side', '');
} catch {
  // The storage of the browser is blocked.
}
