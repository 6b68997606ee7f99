package realtime

// Sizes are how many clients and groups there are.
func (h *Hub) Sizes() (clients, groups int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients), len(h.groups)
}
