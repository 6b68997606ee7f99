// Caller: who has a share, and which addresses are one guest.

package budget

import "net/netip"

// Caller names who has a share. It is comparable, and made without an allocation where
// the names exist already.
type Caller struct {
	Class Class
	Group string // the collection of a record, as a rule; "" for an address
	Name  string // the id of the record, or the address
}

// Class is the weight of a caller.
type Class uint8

const (
	// Guest is known by an address only: one share, nothing of the reserve.
	Guest Class = iota
	// Known has signed in: two shares, and the reserve.
	Known
	// Superuser may hold all that is free.
	Superuser
)

// Anonymous returns the guest at the address. All addresses of a /64 network of IPv6 are
// one guest: whoever has one of them has all. What is no address is a name.
func Anonymous(ip string) Caller { return Caller{Name: Network(ip)} }

// Network returns the address, for IPv6 the /64 network that it is in.
func Network(ip string) string {
	for i := range len(ip) {
		switch ip[i] {
		case '.':
			return ip // an IPv4 address: nothing to be looked at
		case ':':
			return network6(ip)
		}
	}
	return ip
}

// network6 is Network of an address with a colon. An IPv4 address in the form of IPv6 is the
// IPv4 one.
func network6(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return ip
	}
	return prefix.String()
}
