// Package realtime sends changes of records to connected clients. Its Hub follows the change feed,
// finds the subscriptions that a change concerns, lets the record service judge the change for
// their clients, and queues messages for these clients. Transports open clients, subscribe them,
// and write the messages of Client.TakeInto to connections. A slow client is disconnected or falls
// behind, and delays no other client.
package realtime
