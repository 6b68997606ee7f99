// Package channel holds the rooms of channels in memory: their members, the presence state of each
// member, and the latest messages (docs/wire/websocket.md §5). The settings define the names of
// channels and the rules for joining and sending, which record.Service judges. DESIGN.md explains
// how members are judged again when the data of a rule changes.
package channel
