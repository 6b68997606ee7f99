// Package realtime tells clients what changes. Its Hub follows the change feed, finds
// the subscriptions that a change concerns, has the record service judge it for them, and
// puts messages into the queues of their clients. Transports open clients, subscribe them
// and write what Client.Take gives them; a slow client loses its connection and slows nobody.
package realtime
