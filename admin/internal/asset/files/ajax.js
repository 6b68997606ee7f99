// Requests of scripts by htmx.

/** htmx.ajax, whose promise is fulfilled without an answer too: line.js then shows that the server cannot be reached. */
export const ajax = (verb, path, context) => window.htmx.ajax(verb, path, context).catch((error) => {
  if (error) throw error; // an error of a script
});
