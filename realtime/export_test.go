package realtime

import "time"

// Sizes are how many clients and groups there are.
func (h *Hub) Sizes() (clients, groups int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients), len(h.groups)
}

// Ready receives when Take has something to say. Each call ends the channels of those before.
func (c *Client) Ready() <-chan struct{} {
	ready := make(chan struct{}, 1)
	c.OnReady(func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	})
	return ready
}

// Take is TakeInto without memory of its own.
func (c *Client) Take() ([]Message, error) { return c.TakeInto(nil) }

// Hurry has live queries that read the clock read twenty times a second. It is for before the
// app is opened.
func (h *Hub) Hurry() { h.clockEvery = 50 * time.Millisecond }
