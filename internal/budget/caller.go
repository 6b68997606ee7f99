// Caller: the owners of shares, and the addresses that count as one guest.

package budget

import "net/netip"

// Caller identifies the owner of a share. It is comparable, and is made without an allocation from
// existing names.
type Caller struct {
	Class Class
	Group string // usually the collection of a record; "" for an address
	Name  string // the id of the record, or the address
}

// Class is the weight of a caller.
type Class uint8

const (
	// Guest is known only by its address: it has one share, and no part of the reserve.
	Guest Class = iota
	// Known has signed in: it has two shares, and may use the reserve.
	Known
	// Superuser may hold all free units.
	Superuser
)

// Anonymous returns the guest at the address. All addresses of a /64 network of IPv6 are one guest,
// since a client with one of them has all. A text that is not an address is used as a name.
func Anonymous(ip string) Caller { return Caller{Name: Network(ip)} }

// Network returns the address or, for IPv6, its /64 network.
func Network(ip string) string {
	for i := range len(ip) {
		switch ip[i] {
		case '.':
			return ip // an IPv4 address needs no parsing
		case ':':
			return network6(ip)
		}
	}
	return ip
}

// network6 does the work of Network for an address with a colon. An IPv4 address in the form of
// IPv6 is returned as IPv4.
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
