// The sign-in page tells the other tabs that the session may have ended; each tab then asks the
// server. The sign-out form cannot tell them: the session is still valid when the form is sent.
new BroadcastChannel('loam').postMessage('signed out');
