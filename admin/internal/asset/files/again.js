// Asks for the page once more. A link from another site opens it without the cookie of the
// session; what this page asks for is sent with it.
if (location.hash.startsWith('#/')) import('./link.js'); // the link of a mail needs no session
else location.replace(location.pathname + location.search);
