// Package ws implements the WebSocket of the realtime API (docs/wire/websocket.md) on the
// connections of package socket. It reads a message, finds the handler of its type in a table
// (handlers.go), and writes the messages of the hub. The hub decides which data a client may see.
package ws
