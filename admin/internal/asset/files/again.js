// Reloads the page. A link from another site opens the page without the session cookie; a request
// that this page makes itself has the cookie.
if (location.hash.startsWith('#/')) import('./link.js'); // the page for the link of a mail needs no session
else location.replace(location.pathname + location.search);
