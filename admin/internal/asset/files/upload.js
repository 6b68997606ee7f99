// Progress of the upload of a large file in a form with data-upload, with a button that stops it.
// Without this script the browser submits the form itself.
import { isOfConsole } from './load.js';

const megabytes = (n) => (n / 1e6).toFixed(n < 1e7 ? 1 : 0);

document.addEventListener('submit', (event) => {
  const form = event.target.closest('form[data-upload]');
  if (!form) return;
  event.preventDefault();
  const [place, meter, said, stop, send] = ['place', 'meter', 'said', 'stop', 'send'].map((name) => form.querySelector(`[data-upload-${name}]`));
  const request = new XMLHttpRequest();
  const end = (words) => {
    place.hidden = words === '';
    meter.hidden = stop.hidden = true;
    send.disabled = false;
    said.textContent = words;
  };
  request.upload.onprogress = ({ loaded, total }) => {
    meter.value = loaded / total;
    said.textContent = `${megabytes(loaded)} of ${megabytes(total)} MB sent`;
  };
  request.upload.onload = () => {
    meter.removeAttribute('value');
    stop.hidden = true; // the server restores the backup even without this page
    said.textContent = 'All is sent. The server restores it.';
  };
  request.onload = () => {
    if (!isOfConsole(request)) {
      end(`The upload failed with the status ${request.status}. Nothing was restored, as far as is known here.`);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, 'text/html');
    document.title = page.title;
    document.body.replaceWith(page.body);
    document.querySelector('[aria-invalid], main a')?.focus();
  };
  request.onerror = () => end('The server cannot be reached. Nothing was restored, as far as is known here.');
  request.onabort = () => end('Stopped. Nothing was restored.');
  stop.onclick = () => request.abort();
  place.hidden = meter.hidden = stop.hidden = false;
  meter.value = 0;
  said.textContent = 'The upload begins.';
  send.disabled = true;
  request.open('POST', form.action);
  request.send(new FormData(form));
});
