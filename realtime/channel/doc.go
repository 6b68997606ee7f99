// Package channel is rooms in memory: who has joined, what they show of themselves, what they
// say (docs/wire/websocket.md §5). Settings say which rooms there are, and by which rules one
// joins and sends; record.Service judges those. DESIGN.md says how they stay true.
package channel
