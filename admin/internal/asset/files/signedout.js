// The page of the sign-in tells the other tabs that the session may be over: each asks the server.
// The form that signs out could not tell them, since the session is still good when it is sent.
new BroadcastChannel('loam').postMessage('signed out');
