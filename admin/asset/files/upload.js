// A form with a large file (data-upload) shows how far the file has come, and can be stopped. Without
// this script it is a form like any other.
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
    stop.hidden = true; // the server goes on by itself
    said.textContent = 'All is sent. The server restores it.';
  };
  request.onload = () => {
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
