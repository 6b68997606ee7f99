// Package ws is the WebSocket of the realtime API (docs/wire/websocket.md). It is
// spoken on connections of package socket: a message is read, finds its handler in a table
// (handlers.go), and what the hub has for the client is written. What may be seen is the
// hub's matter.
package ws
