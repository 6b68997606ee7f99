// Package ws is the WebSocket of the realtime API (docs/wire/websocket.md). A Server
// upgrades requests; a connection reads messages, finds the handler of each in a table
// (handlers.go), and writes what the hub has for its client. What may be seen is the hub's
// matter.
package ws
