// Limits on the subscriptions of sockets.

package realtime

import "github.com/loambase/loam/core/fault"

// LimitError is a fault with the code of the limit in the settings that was reached.
type LimitError struct {
	Code string // sent to clients, such as "too_many_subscriptions"
	Err  *fault.Error
}

func (e *LimitError) Error() string { return e.Err.Error() }

func (e *LimitError) Unwrap() error { return e.Err }

func limitReached(code, message string) *LimitError {
	return &LimitError{Code: code, Err: fault.New(fault.TooMany, message)}
}

// admit returns an error if one more subscription would exceed a limit of the socket or of this
// node. Hub.mu must be held.
func (h *Hub) admit(c *Client, t *topic) error {
	limits := h.app.Settings().Current().Realtime
	if h.clients[c.ID] != c {
		return fault.New(fault.NotFound, "The connection is closed.")
	}
	if len(c.topics) >= limits.MaxSubscriptions {
		return limitReached("too_many_subscriptions", "Too many subscriptions.")
	}
	if t.watch.view != nil {
		live := 0
		for _, other := range c.topics {
			if other.watch.view != nil {
				live++
			}
		}
		if live >= limits.MaxLiveQueries {
			return limitReached("too_many_live_queries", "Too many live queries.")
		}
	}
	if !t.options.filtered {
		return nil
	}
	filtered := 0
	for _, other := range c.topics {
		if other.options.filtered {
			filtered++
		}
	}
	if filtered >= limits.MaxFiltered {
		return limitReached("too_many_filters", "Too many subscriptions with a filter.")
	}
	if h.groups[t.place()][t.key()] == nil && h.filteredGroups >= limits.MaxFilters {
		return limitReached("too_many_node_filters", "The server has too many different filters.")
	}
	return nil
}
