package realtime

import "time"

// Sizes are how many clients and groups there are.
func (h *Hub) Sizes() (clients, groups int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients), len(h.groups)
}

// Hurry has live queries that read the clock read twenty times a second. It is for before the
// app is opened.
func (h *Hub) Hurry() { h.clockEvery = 50 * time.Millisecond }
